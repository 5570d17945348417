# SPDX-License-Identifier: Apache-2.0
"""Whether a number can be an account's, a card's or a person's, by its own sum."""

from collections.abc import Mapping
from types import MappingProxyType

from stdnum import luhn
from stdnum.fr import nir

_REGISTERED = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28
    CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23
    GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28
    LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28
    NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24
    SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""  # country and length, of the SWIFT registry's release 101
_UNREGISTERED = """
    AO25 BF28 BJ28 CF27 CG27 CI28 CM27 CV25 DZ26 GA27 GQ27 GW25 IR26 KM27 MA28
    MG27 ML28 MZ25 NE28 SN28 TD27 TG28
"""  # written by their banks, Morocco's among them, and known to no registry
IBAN_LENGTHS: Mapping[str, int] = MappingProxyType(
    {one[:2]: int(one[2:]) for one in f"{_REGISTERED} {_UNREGISTERED}".split()}
)
"""Characters of an IBAN by its country, the country's two letters included."""

_CARDS = (
    ("4", "4", (16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("3528", "3589", (16,)),
    ("60", "69", (16, 17, 18, 19)),
)  # first digits from and to, with lengths; an IMEI or EAN-13 may pass Luhn, not these
_DINERS = ("300", "301", "302", "303", "304", "305", "36", "38", "39")
_FRENCH_LETTERS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789"
)


def is_iban(bare: str) -> bool:
    """Tell whether letters and digits have an IBAN's length and check digits.

    Source:
        ISO 13616-1:2020, section 5; ISO/IEC 7064, MOD 97-10.
    """
    if IBAN_LENGTHS.get(bare[:2]) != len(bare) or not bare.isascii():
        return False
    return int("".join(str(int(one, 36)) for one in bare[4:] + bare[:4])) % 97 == 1


def is_rib(bare: str) -> bool:
    """Tell whether a number is a Moroccan RIB of 24 digits or a French one of 23.

    Source:
        Bank Al-Maghrib (bank, town, account, key: mod 97 = 0); for France the Comité
        français d'organisation et de normalisation bancaires, key = 97 - (89 bank + 15
        branch + 3 account) mod 97, letters as digits.
    """
    if len(bare) == 24:
        return bare.isdecimal() and int(bare) % 97 == 0
    if len(bare) != 23:
        return False
    digits = bare.translate(_FRENCH_LETTERS)
    bank, branch, account = int(digits[:5]), int(digits[5:10]), int(digits[10:21])
    return 97 - (89 * bank + 15 * branch + 3 * account) % 97 == int(digits[21:])


def is_nir(bare: str) -> bool:
    """Tell whether 15 characters are a French NIR with its key, and no device's number.

    Source:
        Insee, NIR: key = 97 - number mod 97, 2A as 19 and 2B as 18; 3GPP TS 23.003,
        section 6.2, for the IMEI, which begins with 35 or 86 and passes Luhn.
    """
    is_imei = bare[:2] in ("35", "86") and bare.isdecimal() and luhn.is_valid(bare)
    return not is_imei and bool(nir.is_valid(bare))


def is_card(digits: str, *, is_named: bool) -> bool:
    """Tell whether digits are a payment card's.

    Args:
        digits: Nothing else.
        is_named: Whether a word beside it speaks of a card, or it is grouped as one: 14
            digits that begin as Diners Club's are more often the SIRET of a French
            firm, with the same sum.

    Source:
        ISO/IEC 7812-1, annex B, for the sum; the ranges are the card schemes' own.
    """
    known = any(
        low <= digits[: len(low)] <= high and len(digits) in lengths
        for low, high, lengths in _CARDS
    )
    diners = is_named and len(digits) == 14 and digits.startswith(_DINERS)
    return (known or diners) and bool(luhn.is_valid(digits))
