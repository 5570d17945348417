# SPDX-License-Identifier: Apache-2.0
"""What a text is compared by: word triples if it is long, letter triples if short."""

SHORT = 12  # words; one word changed in the middle of 12 leaves 7 of 13 triples
LONG = 8  # words; from 8 to 12 both are compared, so that no pair falls between


def letter_triples(word: str) -> tuple[str, ...]:
    """Give the triples of neighbouring letters of a word with its two borders.

    Examples:
        >>> letter_triples("oil")
        ('<oi', 'oil', 'il>')
    """
    framed = f"<{word}>"  # no word has these: words are letters, digits, underscores
    return tuple(framed[start : start + 3] for start in range(len(framed) - 2))


def short_features(words: list[str]) -> frozenset[str]:
    """Give the letter triples of a text of at most `SHORT` words, else nothing."""
    if len(words) > SHORT:
        return frozenset()
    return frozenset(triple for word in words for triple in letter_triples(word))


def long_features(words: list[str]) -> frozenset[str]:
    """Give the word triples of a text of at least `LONG` words, else nothing."""
    if len(words) < LONG:
        return frozenset()
    triples = zip(words, words[1:], words[2:], strict=False)
    return frozenset(" ".join(triple) for triple in triples)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Give the share of features that two sets have in common; 0 if both are empty."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
