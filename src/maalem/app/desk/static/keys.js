// SPDX-License-Identifier: Apache-2.0
/** @file Which deed a key asks for, on any keyboard layout. */

/**
 * What a key asks for. `digit` is set for digits alone.
 * @typedef {{name: string, digit?: number}} Deed
 */

/**
 * What is read of a keyboard event.
 * @typedef {object} Press
 * @property {string} key
 * @property {string} code
 * @property {boolean} [ctrlKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [altKey]
 * @property {boolean} [shiftKey]
 * @property {boolean} [repeat]
 * @property {boolean} [isComposing]
 */

/**
 * Which deed each key asks for; letters in lower case, other keys by name.
 * @typedef {Map<string, string>} Keys
 */

const NAMED = new Set(["Backspace", "Delete", "Insert", "?", "/"]);
const FOREIGN = /^\p{L}[\p{L}\p{M}]?$/u; // one key of the Arabic layout writes two letters

/**
 * Turn the keys of a person round.
 * @param {Record<string, string>} own The key of each deed; empty for none.
 * @returns {Keys}
 */
export function keysOf(own) {
  const keys = new Map(Object.entries(own).map(([deed, key]) => [key, deed]));
  keys.delete("");
  if (own["undo"] && !keys.has("Backspace")) keys.set("Backspace", "undo");
  return keys;
}

/**
 * Tell what a key asks for.
 * @param {Press} press
 * @param {object} place
 * @param {boolean} place.isText Whether the focus is in a text field.
 * @param {boolean} place.isButton Whether Enter and space already do something there.
 * @param {boolean} place.areOn Whether single keys are on.
 * @param {Keys} place.keys
 * @returns {Deed | null} None where the key is not ours.
 */
export function deedOf(press, { isText, isButton, areOn, keys }) {
  if (press.isComposing || press.repeat || press.altKey) return null;
  if (press.key === "Escape") return { name: "leave" };
  if (press.ctrlKey || press.metaKey) {
    return press.key === "Enter" ? { name: "confirm" } : null;
  }
  if (isText) return null;
  if (press.key === "Enter") {
    const name = keys.get("Enter");
    const isOurs = !isButton && (areOn || name === "accept");
    return name && isOurs ? { name } : null;
  }
  return areOn ? singleKey(press, keys) : null;
}

/**
 * @param {Press} press
 * @param {Keys} keys
 * @returns {Deed | null}
 */
function singleKey(press, keys) {
  const named = namedOf(press);
  const digit = named ? null : digitOf(press);
  if (digit !== null) return { name: "digit", digit };
  const name = keys.get(named || letterOf(press));
  return name ? { name } : null;
}

/**
 * Read a key that is no letter: the question mark of an Arabic layout too, and the
 * slash by where it lies there.
 * @param {Press} press
 * @returns {string} Empty where it is none.
 */
function namedOf({ key, code }) {
  if (key === "؟") return "?";
  if (code === "Slash" && FOREIGN.test(key)) return "/";
  return NAMED.has(key) ? key : "";
}

/**
 * Read a digit: Arabic-Indic ones too, and the digit row of a layout that has signs there.
 * @param {Press} press
 * @returns {number | null}
 */
export function digitOf({ key, code }) {
  if (/^[0-9]$/.test(key)) return Number(key);
  if (/^[\u0660-\u0669\u06f0-\u06f9]$/.test(key)) return key.charCodeAt(0) & 0xf;
  const row = /^Digit([0-9])$/.exec(code);
  return row ? Number(row[1]) : null;
}

/**
 * Read a letter: by what it writes, else by where it lies, as on an Arabic layout.
 * @param {Press} press
 * @returns {string} Empty where it is none.
 */
export function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const place = /^Key([A-Z])$/.exec(code);
  return place && FOREIGN.test(key) ? (place[1] ?? "").toLowerCase() : "";
}

/**
 * Tell whether a key typed there would write, and whether Enter acts there.
 * @param {EventTarget | null} target
 */
export function placeOf(target) {
  const element = target instanceof Element ? target : null;
  const isField = element?.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  return {
    isText: isField === true,
    isButton: element?.matches("button, a[href], summary, input[type=checkbox]") === true,
  };
}
