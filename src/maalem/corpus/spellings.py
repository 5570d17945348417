# SPDX-License-Identifier: Apache-2.0
"""One form for a value of personal data, in however many ways it is written."""

import phonenumbers

REGIONS = ("MA", "FR")
"""Where a telephone number without country code may be from, tried in this order."""

_FOLD = {
    zero + value: str(value) for zero in (0x0660, 0x06F0, 0xFF10) for value in range(10)
} | {
    **dict.fromkeys([0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
    **dict.fromkeys([*range(0x2010, 0x2014), 0x2212, 0xFE63, 0xFF0D], "-"),
    0xFF20: "@",
    0xFF0B: "+",
    0x2019: "'",
}  # one for one: offsets stay


def fold(text: str) -> str:
    """Fold digits, spaces and dashes; every code point stays where it stands."""
    return text if text.isascii() else text.translate(_FOLD)


def normal_form(what: str, value: str) -> str:
    """Give a value the one form that all its spellings share.

    Digits are folded, spaces, dots, dashes and brackets taken out, letters of numbers
    are capitals; an e-mail address is in small letters, a telephone number in the form
    of E.164 where it is valid.

    Args:
        what: Its kind, as a `Finding` has it.
        value: As it was written.

    Examples:
        >>> normal_form("phone", "06 12-34 56 78"), normal_form("email", "A@B.org")
        ('+212612345678', 'a@b.org')
        >>> normal_form("iban", "fr76 3000 6000 0112 3456 7890 189")
        'FR7630006000011234567890189'
    """
    value = fold(value)
    if what == "email":
        return value.lower()
    if what == "phone":
        return find_e164(value) or bare(value)
    return bare(value)


def bare(value: str) -> str:
    """Leave letters, as capitals, and digits."""
    return "".join(filter(str.isalnum, value)).upper()


def find_e164(number: str) -> str | None:
    """Give a telephone number in its one international form; none if it is not valid.

    A number without country code is Moroccan if it can be, else French.

    Args:
        number: Folded; it may begin with `+`, `00`, a country code or a zero.

    Source:
        ITU-T E.164; the ranges in use are those of Google's libphonenumber.
    """
    for region in REGIONS:
        parsed = find_parsed(number, region)
        if parsed and phonenumbers.is_valid_number(parsed):
            form = phonenumbers.PhoneNumberFormat.E164
            return str(phonenumbers.format_number(parsed, form))
    return None


def is_dialable(number: str) -> bool:
    """Tell whether a number with `+` has a length that its country uses."""
    parsed = find_parsed(number, REGIONS[0])
    return parsed is not None and phonenumbers.is_possible_number(parsed)


def find_parsed(number: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Read a number as somebody in a region dials it, if it is one."""
    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
