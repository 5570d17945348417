# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # tables of forms, one a line
"""Invented sentences in four tongues with personal data planted, for `bench_personal`.

Checksums are computed here, by other code than the detectors use. No value is anyone's
on purpose; like any well-formed number it may be somebody's by chance.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

TONGUES = ("ar", "fr", "en", "ary-Latn")
KINDS = ("email", "phone", "iban", "card", "nir", "cin", "rib")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

_OPENERS = {
    "ar": ("وصلتنا رسالة هذا الصباح", "الزبون لم يجب بعد", "المحرك متوقف منذ أمس", "طلب المدير جوابا سريعا"),
    "fr": ("Le client a rappelé ce matin", "Dossier en attente", "La pompe est à l’arrêt", "Merci de répondre vite"),
    "en": ("The customer called this morning", "Still waiting for an answer", "The pump is down", "Please answer soon"),
    "ary-Latn": ("l klient 3ayet had sbah", "mazal ma jawbnach", "lmakina habsa men lbareh", "3afak jawb daba"),
}  # fmt: skip
_CLOSERS = {
    "ar": ("وشكرا", "قبل نهاية الأسبوع", "حسب ما جاء في الملف", ""),
    "fr": ("merci d’avance", "avant la fin de la semaine", "comme indiqué au dossier", ""),
    "en": ("thank you", "before the end of the week", "as the file says", ""),
    "ary-Latn": ("chokran", "9bel simana jaya", "kif ma kayn f dossier", ""),
}  # fmt: skip
_SAYS = {
    ("email", "ar"): ("البريد الإلكتروني: {}", "راسلني على {}", "العنوان <{}>"),
    ("email", "fr"): ("écrire à {}", "courriel : {}", "Contact ({})"),
    ("email", "en"): ("write to {}", "e-mail: {}", "Contact <{}>"),
    ("email", "ary-Latn"): ("sifet l {}", "email dyali {}", "kteb liya f {}"),
    ("phone", "ar"): ("الهاتف {}", "اتصل بي على الرقم {}", "رقمي {}"),
    ("phone", "fr"): ("tél. {}", "appeler le {}", "joignable au {}", "Portable:{}"),
    ("phone", "en"): ("call {}", "phone: {}", "reach me at {}", "mobile {}"),
    ("phone", "ary-Latn"): ("3ayet liya f {}", "nemra dyali {}", "tel {}"),
    ("iban", "ar"): ("الحساب {}", "رقم الإيبان {}"),
    ("iban", "fr"): ("IBAN : {}", "virement sur {}"),
    ("iban", "en"): ("IBAN {}", "transfer to {}"),
    ("iban", "ary-Latn"): ("l compte dyali {}", "IBAN {}"),
    ("card", "ar"): ("بطاقة الأداء {}", "رقم البطاقة البنكية {}"),
    ("card", "fr"): ("carte bancaire {}", "payé avec {}"),
    ("card", "en"): ("card number {}", "paid with {}"),
    ("card", "ary-Latn"): ("la carte bancaire {}", "khelest b {}"),
    ("nir", "ar"): ("رقم الضمان الاجتماعي الفرنسي {}",),
    ("nir", "fr"): ("n° de sécurité sociale {}", "NIR {}", "assuré {}"),
    ("nir", "en"): ("French social security number {}", "NIR: {}"),
    ("nir", "ary-Latn"): ("numero sécu dyal fransa {}",),
    ("cin", "ar"): ("رقم البطاقة الوطنية {}", "بطاقة التعريف الوطنية رقم {}", "الحامل لبطاقة التعريف {}", "ب.ت.و رقم {}"),
    ("cin", "fr"): ("CIN {}", "CIN n° {}", "carte nationale d’identité {}", "pièce d’identité : {}", "C.N.I.E. : {}"),
    ("cin", "en"): ("CIN {}", "national ID {}", "identity card no. {}", "holder of ID card {}"),
    ("cin", "ary-Latn"): ("la carte nationale dyali {}", "lakart nasional {}", "cin dyali hia {}", "CNIE {}"),
    ("rib", "ar"): ("رقم الحساب البنكي {}", "التعريف البنكي {}"),
    ("rib", "fr"): ("RIB {}", "compte n° {}"),
    ("rib", "en"): ("bank account {}", "RIB: {}"),
    ("rib", "ary-Latn"): ("RIB dyali {}", "sifet l flous l {}"),
}  # fmt: skip
_KEPT_APART = {
    ("email", "ar"): ("يمكن مراسلتي عبر {} في أي وقت", "الايميل:{}"),
    ("email", "fr"): ("mon adresse mail est {} si besoin", "cc {}"),
    ("email", "en"): ("forward it to {} please", "From: {}"),
    ("email", "ary-Latn"): ("had l adresse {} hiya li khdama", "sifto f {}"),
    ("phone", "ar"): ("المحمول: {}", "واتساب {}", "كلمني ف {}"),
    ("phone", "fr"): ("son numéro ({}) ne répond pas", "fixe/mobile : {}", "WhatsApp {}"),
    ("phone", "en"): ("their number ({}) rings out", "text {}", "Fax {}"),
    ("phone", "ary-Latn"): ("whatsapp {}", "l portable: {}", "dwi m3aya f {}"),
    ("iban", "ar"): ("حولوا المبلغ إلى {}",),
    ("iban", "fr"): ("coordonnées bancaires {}", "compte {} (CIH)"),
    ("iban", "en"): ("pay into {}", "account {}"),
    ("iban", "ary-Latn"): ("7awel l flous l {}",),
    ("card", "ar"): ("فيزا {}", "الدفع بواسطة {}"),
    ("card", "fr"): ("CB {}", "Visa n° {}"),
    ("card", "en"): ("Visa {}", "charged to {}"),
    ("card", "ary-Latn"): ("visa dyali {}",),
    ("nir", "ar"): ("رقم التأمين {}",),
    ("nir", "fr"): ("n° SS : {}", "immatriculé {}"),
    ("nir", "en"): ("insured under {}",),
    ("nir", "ary-Latn"): ("sécurité sociale dyali {}",),
    ("cin", "ar"): ("رقم بطاقتي الوطنية {}", "رقم ب.ت.و.إ {}", "الحامل للبطاقة الوطنية عدد {}", "بطاقة تعريفه رقم {}"),
    ("cin", "fr"): ("titulaire de la CNI {}", "n° de CIN : {}", "carte d'identité nationale électronique {}", "CNIE: n° {}"),
    ("cin", "en"): ("identity number {}", "his Moroccan ID is {}", "national identity card {}", "ID no. {}"),
    ("cin", "ary-Latn"): ("numero d la carte {}", "la CIN {}", "lcarte nationale {}", "lakarta dyalo {}"),
    ("rib", "ar"): ("حسابي {}",),
    ("rib", "fr"): ("relevé d'identité bancaire {}", "rib:{}"),
    ("rib", "en"): ("account number {}",),
    ("rib", "ary-Latn"): ("l compte bancaire {}",),
}  # fmt: skip
"""Phrases written after the detectors; what they showed once was mended since."""

_NEGATIVES = {
    "part": ("القطعة {}", "pièce {} remplacée", "part {} replaced", "beddelna lpièce {}"),
    "invoice": ("الفاتورة رقم {}", "facture n° {}", "invoice {}", "facture {}"),
    "date": ("بتاريخ {}", "le {}", "on {}", "nhar {}"),
    "isbn": ("الكتاب {}", "ISBN {}", "ISBN {}", "ktab ISBN {}"),
    "place": ("الإحداثيات {}", "coordonnées {}", "at {}", "f {}"),
    "order": ("الطلبية {}", "commande {}", "order {}", "commande {}"),
    "device": ("الرقم التسلسلي {}", "IMEI {}", "serial {}", "IMEI {}"),
    "company": ("المعرف الموحد للمقاولة {}", "SIRET {}", "company id {}", "ICE {}"),
    "goods": ("الرمز {}", "code-barres {}", "barcode {}", "code {}"),
    "amount": ("المبلغ {}", "montant {} DH", "total {} EUR", "taman {} dh"),
    "technical": ("القياس {}", "version {}", "address {}", "version {}"),
}  # fmt: skip
NEGATIVE_KINDS = tuple(_NEGATIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A sentence, and the one value of personal data in it, if any.

    Attributes:
        text: The sentence.
        tongue: One of `TONGUES`.
        kind: One of `KINDS`, or of `NEGATIVE_KINDS` where nothing personal is in it.
        value: The value as it is written; empty for a negative.
    """

    text: str
    tongue: str
    kind: str
    value: str


def generate(each: int, *, seed: int, is_kept_apart: bool = False) -> list[Planted]:
    """Make sentences.

    Args:
        each: Sentences for a kind and a tongue; as many for each kind of negative.
        seed: Of every choice.
        is_kept_apart: Whether values stand in the phrases that were written last.
    """
    says = _KEPT_APART if is_kept_apart else _SAYS
    chance = random.Random(seed)
    made = []
    for tongue in TONGUES:
        for kind in KINDS:
            for _ in range(each):
                value = _written(_VALUES[kind](chance), kind, tongue, chance=chance)
                say = chance.choice(says[kind, tongue])
                made.append(_sentence(say, value, tongue, kind=kind, chance=chance))
        for kind in NEGATIVE_KINDS:
            for _ in range(each):
                value = _LOOKALIKES[kind](chance)
                say = _NEGATIVES[kind][TONGUES.index(tongue)]
                made.append(_sentence(say, value, tongue, kind=kind, chance=chance))
    return made


def _sentence(
    say: str, value: str, tongue: str, *, kind: str, chance: random.Random
) -> Planted:
    stop = chance.choice((".", "،" if tongue == "ar" else ",", "", " -", "!", ";"))
    opener, closer = chance.choice(_OPENERS[tongue]), chance.choice(_CLOSERS[tongue])
    text = f"{opener}. {say.format(value)}{stop} {closer}"
    return Planted(
        text=text, tongue=tongue, kind=kind, value=value if kind in KINDS else ""
    )


def _written(value: str, kind: str, tongue: str, *, chance: random.Random) -> str:
    """Write a value as people and their programs do."""
    if kind == "email":
        return value
    if " " in value and kind != "cin":
        value = value.replace(
            " ", chance.choice((" ",) * 6 + ("\u00a0", "\u202f", "\u2009"))
        )
    if "-" in value:
        value = value.replace("-", chance.choice(("-", "-", "-", "\u2011", "\u2013")))
    if tongue == "ar" and chance.random() < 0.35:
        value = value.translate(chance.choice((_ARABIC, _ARABIC, _PERSIAN)))
    return value


def marked(text: str, value: str, chance: random.Random) -> str:
    """Put marks of direction around a value, and sometimes into it, as editors do."""
    mark = chance.choice(("\u200e", "\u200f"))
    middle = len(value) // 2
    inner = value[:middle] + mark + value[middle:] if chance.random() < 0.3 else value
    return text.replace(value, f"{mark}{inner}\u200e")


def _email(chance: random.Random) -> str:
    first = chance.choice(("amal", "youssef", "fatima-zahra", "m.benali", "Sara", "j_dupont", "o'brien", "k.el.idrissi", "contact"))  # fmt: skip
    last = chance.choice(("", ".alaoui", "92", "+facture", "_pro", ".b"))
    host = chance.choice(("example.org", "mail.example.ma", "Exemple.fr", "sous-domaine.example.co.uk", "EXAMPLE.COM", "société.example", "example.museum"))  # fmt: skip
    return f"{first}{last}@{host}"


def _grouped(digits: str, sizes: tuple[int, ...], separator: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return separator.join([*parts, digits[at:]]).strip(separator)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def _phone(chance: random.Random) -> str:
    return chance.choice((_moroccan, _moroccan, _french, _foreign))(chance)


def _moroccan(chance: random.Random) -> str:
    start = chance.choice(("61", "62", "66", "67", "70", "522", "537", "528", "535"))
    national = start + _digits(chance, 9 - len(start))
    return _national(national, "212", chance)


def _french(chance: random.Random) -> str:
    national = chance.choice(("1", "2", "3", "4", "5", "6", "9")) + chance.choice("234567") + _digits(chance, 7)  # fmt: skip
    return _national(national, "33", chance)


def _national(national: str, country: str, chance: random.Random) -> str:
    pairs = _grouped(national, (1, 2, 2, 2), " ")
    local = f"0{national}"
    forms = (
        local,
        _grouped(local, (2, 2, 2, 2), " "),
        _grouped(local, (2, 2, 2, 2), "."),
        _grouped(local, (2, 2, 2, 2), "-"),
        _grouped(local, (4, 2, 2), " "),
        _grouped(local, (4,), "-"),
        f"+{country}{national}",
        f"+{country} {pairs}",
        f"00{country} {pairs}",
        f"00{country}{national}",
        f"+{country} (0) {pairs}",
        f"(+{country}) {national[:3]}-{national[3:]}",
        f"+{country}-{_grouped(national, (3, 2, 2), '-')}",
    )
    return chance.choice(forms)


def _foreign(chance: random.Random) -> str:
    made = chance.choice(
        (
            f"49 30 {_digits(chance, 1).replace('0', '2')}{_digits(chance, 6)}",
            f"34 6{_digits(chance, 2)} {_digits(chance, 3)} {_digits(chance, 3)}",
            f"44 20 7{_digits(chance, 3)} {_digits(chance, 4)}",
            f"1 212 5{_digits(chance, 1)}3 {_digits(chance, 4)}",
            f"32 475 {_digits(chance, 2)} {_digits(chance, 2)} {_digits(chance, 2)}",
            f"221 77 {_digits(chance, 3)} {_digits(chance, 2)} {_digits(chance, 2)}",
            f"213 55{_digits(chance, 1)} {_digits(chance, 2)} {_digits(chance, 2)} {_digits(chance, 2)}",
            f"216 2{_digits(chance, 1)} {_digits(chance, 3)} {_digits(chance, 3)}",
            f"966 50 {_digits(chance, 3)} {_digits(chance, 4)}",
            f"971 50 {_digits(chance, 3)} {_digits(chance, 4)}",
        )
    )  # fmt: skip
    return chance.choice(("+", "+", "00")) + chance.choice(
        (made, made.replace(" ", ""))
    )


def _check_97(text: str) -> int:
    """Give a number's remainder by 97, letters as two digits from A = 10."""
    rest = 0
    for character in text:
        for digit in str(int(character, 36)):
            rest = (rest * 10 + int(digit)) % 97
    return rest


def _iban_of(country: str, account: str) -> str:
    check = 98 - _check_97(f"{account}{country}00")
    return f"{country}{check:02d}{account}"


def _iban(chance: random.Random) -> str:
    letters = "".join(chance.choice("ABCDEGHKLMNPRSTUVWXYZ") for _ in range(4))
    made = chance.choice(
        (
            lambda: _iban_of("MA", _rib_digits(chance)),
            lambda: _iban_of("MA", _rib_digits(chance)),
            lambda: _iban_of("FR", _french_account(chance)),
            lambda: _iban_of("FR", _french_account(chance)),
            lambda: _iban_of("DE", _digits(chance, 18)),
            lambda: _iban_of("ES", _digits(chance, 20)),
            lambda: _iban_of("BE", _digits(chance, 12)),
            lambda: _iban_of("NL", letters + _digits(chance, 10)),
            lambda: _iban_of("GB", letters + _digits(chance, 14)),
            lambda: _iban_of("TN", _digits(chance, 20)),
            lambda: _iban_of("SA", _digits(chance, 20)),
        )
    )()
    forms = (made, _grouped(made, (4,) * 8, " "), _grouped(made, (4,) * 8, " "), _grouped(made, (4,) * 8, "-"), made.lower())  # fmt: skip
    return chance.choice(forms)


def _french_account(chance: random.Random) -> str:
    bank, branch, account = (_digits(chance, size) for size in (5, 5, 11))
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return f"{bank}{branch}{account}{key:02d}"


def _rib_digits(chance: random.Random) -> str:
    bank = chance.choice(
        ("007", "011", "013", "022", "021", "101", "190", "230", "145")
    )
    body = (
        bank + chance.choice(("780", "810", "330", "450", "640")) + _digits(chance, 16)
    )
    return f"{body}{97 - int(body) * 100 % 97:02d}"


def _rib(chance: random.Random) -> str:
    if chance.random() < 0.2:
        made = _french_account(chance)
        return chance.choice((made, _grouped(made, (5, 5, 11), " ")))
    made = _rib_digits(chance)
    forms = (made, _grouped(made, (3, 3, 16), " "), _grouped(made, (3, 3, 16), "-"), _grouped(made, (4,) * 6, " "), _grouped(made, (3, 3, 4, 4, 4, 4), " "))  # fmt: skip
    return chance.choice(forms)


def with_luhn(body: str) -> str:
    total = 0
    for place, character in enumerate(reversed(body)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def _card(chance: random.Random) -> str:
    start, length = chance.choice((("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("36", 14), ("3530", 16), ("6011", 16), ("62", 16), ("62", 19)))  # fmt: skip
    made = with_luhn(start + _digits(chance, length - len(start) - 1))
    sizes = (4, 6) if length == 15 else (4, 6) if length == 14 else (4,) * 4
    separator = chance.choice(("", "", " ", " ", "-"))
    return _grouped(made, sizes, separator) if separator else made


def _nir(chance: random.Random) -> str:
    county = chance.choice((f"{chance.randrange(1, 96):02d}", "2A", "2B", "99")).replace("20", "21")  # fmt: skip
    body = f"{chance.choice('12')}{chance.randrange(30, 100)}{chance.randrange(1, 13):02d}{county}{chance.randrange(1, 990):03d}{chance.randrange(1, 1000):03d}"  # fmt: skip
    number = int(body.replace("2A", "19").replace("2B", "18"))
    made = f"{body}{97 - number % 97:02d}"
    return chance.choice((made, _grouped(made, (1, 2, 2, 2, 3, 3), " "), _grouped(made, (1, 2, 2, 2, 3, 3), "."), _grouped(made, (13,), " ")))  # fmt: skip


def _cin(chance: random.Random) -> str:
    letters = chance.choice(("A", "D", "J", "X", "AB", "BK", "BE", "EE", "JC", "CD"))
    made = letters + _digits(chance, chance.choice((5, 6, 6, 6)))
    return chance.choice((made, made, made.lower(), f"{letters} {made[len(letters):]}", f"{letters}-{made[len(letters):]}"))  # fmt: skip


def _date(chance: random.Random) -> str:
    year, month, day = chance.randrange(1990, 2027), chance.randrange(1, 13), chance.randrange(1, 29)  # fmt: skip
    hour, minute = chance.randrange(24), chance.randrange(60)
    return chance.choice(
        (
            f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}",
            f"{day:02d}/{month:02d}/{year}",
            f"{day:02d}.{month:02d}.{year} {hour:02d}:{minute:02d}:07",
            f"{year}{month:02d}{day:02d}{hour:02d}{minute:02d}00",
            f"{day:02d}-{month:02d}-{year} - {day + 1:02d}-{month:02d}-{year}",
            f"{year}{month:02d}{day:02d}",
        )
    )


def _isbn(chance: random.Random) -> str:
    body = f"{chance.choice('0123')}{_digits(chance, 8)}"
    check = sum((10 - place) * int(digit) for place, digit in enumerate(body))
    ten = body + "0123456789X"[-check % 11]
    body = f"978{chance.choice('0129')}{_digits(chance, 8)}"
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body))
    thirteen = f"{body}{-total % 10}"
    return chance.choice((f"{ten[0]}-{ten[1:4]}-{ten[4:9]}-{ten[9]}", ten, _grouped(thirteen, (3, 1, 2, 6), "-"), thirteen))  # fmt: skip


def _part(chance: random.Random) -> str:
    letters = "".join(chance.choice("ABDEHJKLMPSX") for _ in range(2))
    return chance.choice(
        (
            f"{letters}{_digits(chance, 6)}",
            f"{letters} {_digits(chance, 5)}",
            f"{_digits(chance, 3)}-{_digits(chance, 4)}",
            f"{letters}-{_digits(chance, 4)}-{_digits(chance, 4)}",
            f"1R-{_digits(chance, 4)}",
            f"6{_digits(chance, 1)}.{_digits(chance, 4)}.{_digits(chance, 4)}",
        )
    )


def _invoice(chance: random.Random) -> str:
    year, number = chance.randrange(2015, 2027), _digits(chance, 6)
    return chance.choice((f"FA-{year}-{number}", f"{year}/{number}", f"{year}{number}", f"FAC{year}{number}", f"INV{year}{number[:4]}-{number}", f"{number}-{number[:3]}"))  # fmt: skip


def _place(chance: random.Random) -> str:
    north, east = chance.uniform(27, 36), chance.uniform(-13, -1)
    return chance.choice((f"{north:.4f}, {east:.4f}", f"{north:.6f} {east:.6f}", f"{north:.6f},{east:.6f}", f"N {north:.5f} W {-east:.5f}", f"33°{_digits(chance, 2)}'{_digits(chance, 2)}\""))  # fmt: skip


def _order(chance: random.Random) -> str:
    return chance.choice((_digits(chance, 8), f"4500{_digits(chance, 6)}", f"CMD-{_digits(chance, 9)}", f"PO{_digits(chance, 7)}", f"{chance.randrange(1, 9)}{_digits(chance, 6)}", f"1Z{_digits(chance, 3)}AA1{_digits(chance, 10)}"))  # fmt: skip


def _device(chance: random.Random) -> str:
    imei = with_luhn(f"35{_digits(chance, 12)}")
    return chance.choice((imei, imei, f"SN{_digits(chance, 10)}", f"CAT0{_digits(chance, 3)}X{_digits(chance, 5)}", with_luhn(f"86{_digits(chance, 12)}")))  # fmt: skip


def _company(chance: random.Random) -> str:
    siren = with_luhn(chance.choice("345678") + _digits(chance, 7))
    siret = with_luhn(f"{siren}000{_digits(chance, 1)}")
    return chance.choice((siret, _grouped(siret, (3, 3, 3), " "), siren, _grouped(siren, (3, 3), " "), f"00{_digits(chance, 7)}0000{_digits(chance, 2)}"))  # fmt: skip


def _goods(chance: random.Random) -> str:
    body = chance.choice(("611", "300", "340", "400", "541")) + _digits(chance, 9)
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body))
    return f"{body}{-total % 10}"


def _amount(chance: random.Random) -> str:
    return chance.choice((f"{chance.randrange(1, 999)} {_digits(chance, 3)} {_digits(chance, 3)},{_digits(chance, 2)}", f"{chance.randrange(1, 99)}.{_digits(chance, 3)}.{_digits(chance, 3)},00", f"{chance.randrange(10**6, 10**8)}", f"{chance.randrange(1, 999)},{_digits(chance, 3)},{_digits(chance, 3)}.{_digits(chance, 2)}"))  # fmt: skip


def _technical(chance: random.Random) -> str:
    return chance.choice((f"192.168.{chance.randrange(256)}.{chance.randrange(256)}", f"10.{_digits(chance, 2)}.{_digits(chance, 3)}.{_digits(chance, 3)}", f"{chance.randrange(1, 20)}.{chance.randrange(30)}.{chance.randrange(9999)}", f"17{_digits(chance, 8)}", f"17{_digits(chance, 11)}", "0.123456789", f"{_digits(chance, 4)}h {_digits(chance, 5)} km", "SHD24 1_3_5_19_115_214_434_509"))  # fmt: skip


_VALUES: dict[str, Callable[[random.Random], str]] = {
    "email": _email,
    "phone": _phone,
    "iban": _iban,
    "card": _card,
    "nir": _nir,
    "cin": _cin,
    "rib": _rib,
}
_LOOKALIKES: dict[str, Callable[[random.Random], str]] = {
    "part": _part,
    "invoice": _invoice,
    "date": _date,
    "isbn": _isbn,
    "place": _place,
    "order": _order,
    "device": _device,
    "company": _company,
    "goods": _goods,
    "amount": _amount,
    "technical": _technical,
}
