# SPDX-License-Identifier: Apache-2.0
"""What stands in a text instead of personal data: one name for a value, no way back."""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable

from maalem.corpus.personal import find_personal_data
from maalem.corpus.spellings import normal_form
from maalem.records import Digest, Finding

KEY_BYTES = 32

_LETTERS = "bcdfghjklmnpqrstvwxz"  # no digit and no vowel: no number, and no word
_LENGTH = 12  # 20^12 names: two of 10,000 values share one with a chance of 1 in 10^8
_LOOKS = 20  # two or three are enough for texts that nobody made against us
_SHAPE = re.compile(
    rf"\[(email|phone|iban|card|nir|cin|rib)-[{_LETTERS}]{{{_LENGTH}}}\]"
)


class Pseudonyms:
    """Names values of personal data by HMAC-SHA256 under the key of one project.

    The same value, however it is written, has one pseudonym everywhere in the project
    and another in every other project. It says what kind of value stood there and
    nothing else, has neither digits nor `@`, so that it is no address and no number
    itself, and cannot be turned back. Whoever has the key can only try values one by
    one, which is quick for telephone numbers: guard the key as you would guard them.

    Two of n values of one kind share a pseudonym with a chance of about
    n^2 / (2 * 20^12): 1 in 10^8 for 10,000 values, 1 in 8,000 for a million. They would
    then be taken for one.

    Attributes:
        key_id: Name of the key, which tells nothing of it.

    Source:
        RFC 2104 (HMAC); ENISA (2019), "Pseudonymisation techniques and best practices",
        section 5.1.4, for keyed against plain hashes.
    """

    def __init__(self, key: bytes) -> None:
        """Take the project's key.

        Args:
            key: `KEY_BYTES` random bytes.
        """
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes, got {len(key)}")
        self._key = key
        self.key_id = self._mac("key", "").hex()[:16]

    def name(self, what: str, value: str) -> str:
        """Give the pseudonym of a value.

        Args:
            what: Its kind, as a `Finding` has it.
            value: As it was written.
        """
        number = int.from_bytes(self._mac(what, normal_form(what, value)), "big")
        letters = []
        for _ in range(_LENGTH):
            number, place = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[place])
        return f"[{what}-{''.join(letters)}]"

    def replace(self, text: str) -> tuple[str, Counter[str]]:
        """Put a pseudonym for every piece of personal data that can be found.

        It looks again until nothing is found: what one piece hid, such as a number
        right behind another, is seen when that is gone. Replacing twice changes nothing
        more; what already looks like a pseudonym stays. Looks are bounded, since a text
        may be made to need one for each of its values.

        Returns:
            The text, and how many pieces of each kind were replaced.
        """
        counts: Counter[str] = Counter()
        for _ in range(_LOOKS):
            found = find_personal_data(text)
            if not found:
                break
            counts.update(one.what for one in found)
            parts, last = [], 0
            for one in found:
                name = self.name(one.what, text[one.start : one.end])
                parts += [text[last : one.start], name]
                last = one.end
            text = "".join([*parts, text[last:]])
        return text, counts

    def digest(self, digest: Digest) -> Digest:
        """Give a digest under the key, where the plain one would let values be guessed.

        Whoever has a text with pseudonyms could try numbers in their place until the
        digest of the file is met.
        """
        return Digest(f"sha256:{self._mac('digest', digest).hex()}")

    def _mac(self, what: str, value: str) -> bytes:
        said = f"{what}\0{value}".encode()
        return hmac.digest(self._key, said, hashlib.sha256)


def find_pseudonyms(text: str) -> tuple[Finding, ...]:
    """Find the pseudonyms in a text, in order.

    Examples:
        >>> find_pseudonyms("write to [email-kqvtbwxzrmph]")
        (Finding(what='email', start=9, end=29),)
    """
    return tuple(
        Finding(what=match[1], start=match.start(), end=match.end())
        for match in _SHAPE.finditer(text)
    )


FindPersonal = Callable[[str], tuple[Finding, ...]]
"""How what is to be marked in a passage is found: values, or pseudonyms."""
