// SPDX-License-Identifier: Apache-2.0
/** @file What the modules say, in the reader's language; the page brings the texts. */

/**
 * Texts by name; one that depends on a number has a text for each plural category.
 * @typedef {Record<string, string | Record<string, string>>} Texts
 */

export class Words {
  /**
   * @param {string} language
   * @param {Texts} texts
   */
  constructor(language, texts) {
    this.texts = texts;
    this.plurals = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language, { numberingSystem: "latn" });
    this.percents = new Intl.NumberFormat(language, {
      numberingSystem: "latn",
      style: "percent",
    });
    this.moments = new Intl.DateTimeFormat(language, {
      numberingSystem: "latn",
      ...{ weekday: "long", day: "numeric", month: "long" },
      ...{ hour: "2-digit", minute: "2-digit" },
    });
  }

  /**
   * Say a text; `{name}` in it stands for a value.
   * @param {string} name
   * @param {Record<string, string | number>} values
   */
  say(name, values = {}) {
    const text = this.texts[name];
    return filled(typeof text === "string" ? text : "", this.#told(values));
  }

  /**
   * Say a text that depends on a number, which is `{number}` in it.
   * @param {string} name
   * @param {number} number
   * @param {Record<string, string | number>} values
   */
  count(name, number, values = {}) {
    const forms = this.texts[name];
    if (typeof forms !== "object") return "";
    const text = forms[this.plurals.select(number)] ?? forms["other"] ?? "";
    return filled(text, this.#told({ number, ...values }));
  }

  /** @param {number} share */
  percent(share) {
    return this.percents.format(share);
  }

  /** @param {number} seconds Since 1970; said by the clock of this browser. */
  moment(seconds) {
    return this.moments.format(seconds * 1000);
  }

  /**
   * @param {Record<string, string | number>} values
   * @returns {Record<string, string>}
   */
  #told(values) {
    const told = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? this.numbers.format(value) : value,
    ]);
    return Object.fromEntries(told);
  }
}

/**
 * @param {string} text
 * @param {Record<string, string>} values
 */
function filled(text, values) {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
