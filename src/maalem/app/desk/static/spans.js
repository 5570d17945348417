// SPDX-License-Identifier: Apache-2.0
/**
 * @file Parts of a text: offsets in code points and in UTF-16, words, runs of one
 * direction. The only module that converts between the two ways of counting.
 */

/**
 * A part of a text, in UTF-16 units, end excluded.
 * @typedef {{start: number, end: number}} Part
 */

/**
 * A part of a text, in code points, with what it says.
 * @typedef {{start: number, end: number, quote: string}} Span
 */

const RTL =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/u;

/**
 * Count the code points before a UTF-16 offset.
 * @param {string} text
 * @param {number} unit
 */
export function toPoints(text, unit) {
  let points = 0;
  for (const _ of text.slice(0, unit)) points += 1;
  return points;
}

/**
 * Give the UTF-16 offset after so many code points.
 * @param {string} text
 * @param {number} points
 */
export function toUnits(text, points) {
  let units = 0;
  for (const character of text) {
    if (points <= 0) break;
    units += character.length;
    points -= 1;
  }
  return units;
}

/**
 * Say a part as the desk stores it.
 * @param {string} text
 * @param {Part} part
 * @returns {Span}
 */
export function toSpan(text, { start, end }) {
  return {
    start: toPoints(text, start),
    end: toPoints(text, end),
    quote: text.slice(start, end),
  };
}

/**
 * Find a stored span in the text again.
 * @param {string} text
 * @param {{start: number, end: number}} span
 * @returns {Part}
 */
export function toPart(text, span) {
  return { start: toUnits(text, span.start), end: toUnits(text, span.end) };
}

/**
 * Cut a text into words and signs; white space belongs to none.
 * @param {string} text
 * @returns {(Part & {isWord: boolean})[]}
 */
export function cut(text) {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return [...segments]
    .filter((one) => one.segment.trim() !== "")
    .map((one) => ({
      start: one.index,
      end: one.index + one.segment.length,
      isWord: one.isWordLike === true,
    }));
}

/**
 * Give the words that can be reached one by one; signs alone where there is no word.
 * @param {string} text
 * @returns {Part[]}
 */
export function wordsOf(text) {
  const all = cut(text);
  const words = all.filter((one) => one.isWord);
  return words.length ? words : all;
}

/**
 * Widen a selection to whole words and signs, without the space around.
 * @param {string} text
 * @param {Part} part
 * @returns {Part | null} None where nothing but space is selected.
 */
export function snap(text, { start, end }) {
  const touched = cut(text).filter((one) => one.end > start && one.start < end);
  const first = touched[0];
  const last = touched.at(-1);
  return first && last ? { start: first.start, end: last.end } : null;
}

/**
 * Add a part to others; parts that overlap become one.
 * @param {Part[]} parts
 * @param {Part} added
 * @returns {Part[]} In the order of the text.
 */
export function joined(parts, added) {
  const overlapping = parts.filter((one) => one.start < added.end && added.start < one.end);
  const apart = parts.filter((one) => !overlapping.includes(one));
  const all = [added, ...overlapping];
  const whole = {
    start: Math.min(...all.map((one) => one.start)),
    end: Math.max(...all.map((one) => one.end)),
  };
  return [...apart, whole].sort((one, other) => one.start - other.start);
}

/**
 * Cut a part where the direction of writing changes, so that each piece is drawn as one.
 * Signs and digits stay with the letters before them.
 * @param {string} text
 * @param {Part} part
 * @returns {Part[]}
 */
export function directionRuns(text, { start, end }) {
  /** @type {Part[]} */
  const runs = [];
  let from = start;
  /** @type {boolean | null} */
  let before = null;
  let at = start;
  for (const character of text.slice(start, end)) {
    if (LETTER.test(character)) {
      const isRtl = RTL.test(character);
      if (before !== null && before !== isRtl) {
        runs.push({ start: from, end: at });
        from = at;
      }
      before = isRtl;
    }
    at += character.length;
  }
  runs.push({ start: from, end });
  return runs;
}
