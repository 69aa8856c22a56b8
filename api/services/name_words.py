"""Names of donors in a search: the words as typed, and what mistyped ones may have meant."""

import unicodedata
from collections.abc import Iterable

from django.db import connection, transaction

from api.models import SEARCH_FROM, SEARCH_TO, Donor, NameWord, NameWordMark

_PLAIN = str.maketrans(SEARCH_FROM, SEARCH_TO)
# What keyboards put where an apostrophe is meant: acute accent, prime, modifier letter.
_APOSTROPHES = str.maketrans("\u00b4\u2032\u02bc", "'''")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS_MOST = 6
GATHERED_AT_ONCE = 50_000
# Donors whose words are looked at in a search itself: those younger than the mark, and, as keys are
# given before they are committed, some that are a little older.
LATE = 1_000
YOUNG_MOST = 20_000
ALIKE_MOST = 12
# A word this long may have two letters wrong.
LONG = 7


def name_plain(text: str) -> str:
    """A text in the letters that the search compares, as the database makes them."""
    text = text.translate(_APOSTROPHES)
    return unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)


def name_words(text: str) -> list[str]:
    """The words of a search for a name."""
    return list(dict.fromkeys(name_plain(text).split()))[:WORDS_MOST]


def words_alike(words: Iterable[str]) -> dict[str, list[str]]:
    """For each word the words of donors' names that it may mean, the likeliest first; itself included."""
    asked = list(words)
    young = _young_words()
    return {word: _alike(word, _known_words(word) | young)[:ALIKE_MOST] for word in asked}


def name_words_gather() -> int:
    """Take the words of donors since the last time into the list. Returns how many donors were read."""
    with transaction.atomic():
        NameWordMark.objects.get_or_create(pk=1)
        mark = NameWordMark.objects.select_for_update().get(pk=1)
        begin = max(mark.donor_id - LATE, 0)
        keys = Donor.objects.filter(pk__gt=begin).order_by("pk")
        last = keys.values_list("pk", flat=True)[GATHERED_AT_ONCE - 1 : GATHERED_AT_ONCE].first()
        last = last or keys.values_list("pk", flat=True).last()
        if last is None or last <= mark.donor_id:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO api_nameword (word) SELECT DISTINCT word FROM api_donor,"
                " unnest(string_to_array(name_search, ' ')) AS word"
                " WHERE id > %s AND id <= %s AND word <> '' ON CONFLICT DO NOTHING",
                [begin, last],
            )
        count = last - mark.donor_id
        NameWordMark.objects.filter(pk=1).update(donor_id=last)
    return count


def _young_words() -> set[str]:
    """The words of donors that are not gathered yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT word FROM (SELECT name_search FROM api_donor WHERE id >"
            " (SELECT coalesce(max(donor_id), 0) FROM api_namewordmark) - %s"
            " ORDER BY id DESC LIMIT %s) AS young, unnest(string_to_array(name_search, ' ')) AS word",
            [LATE, YOUNG_MOST],
        )
        return {word for (word,) in cursor.fetchall()}


def _known_words(word: str) -> set[str]:
    """Words of the list that may be alike: one letter off, or the same beginning."""
    near = NameWord.objects.filter(word__in=[word, *_one_off(word)])
    found = set(near.values_list("word", flat=True))
    if found or len(word) < LONG:
        return found
    alike = NameWord.objects.filter(word__gte=word[:2], word__lt=word[:2] + "\U0010ffff")
    return set(alike.values_list("word", flat=True)[:5_000])


def _alike(word: str, known: set[str]) -> list[str]:
    near = known & ({word} | _one_off(word))
    if near:
        return sorted(near, key=lambda one: (one != word, one))
    if len(word) < LONG:
        return []
    far = (one for one in known if abs(len(one) - len(word)) <= 2)
    return sorted(one for one in far if _distance(word, one) <= 2)


def _one_off(word: str) -> set[str]:
    """What one slip of the finger makes of a word: a letter more, less, other, or two changed about."""
    word = word[:40]
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    fewer = {left + right[1:] for left, right in halves if right}
    turned = {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    other = {left + one + right[1:] for left, right in halves if right for one in _LETTERS}
    more = {left + one + right for left, right in halves for one in _LETTERS}
    return (fewer | turned | other | more) - {word, ""}


def _distance(left: str, right: str) -> int:
    """How many slips lie between two words; two neighbours changed about are one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        after = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        before, row = row, after
    return row[-1]
