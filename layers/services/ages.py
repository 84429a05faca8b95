"""Age in full years (周岁) at a day, as prices and courses count it.

Civil Code of the People's Republic of China (民法典): "以上" includes the number itself (article 1259), so "70 and
over" begins on the seventieth birthday. A period of years ends on the day of its last month that answers to the first,
and where there is none on that month's last day (article 202): who was born on 29 February is a year older from 1 March
on in years without that day, since on 28 February the year is not over yet.
"""

from datetime import date


def age_on(born: str, day: date) -> int:
    """Full years at a day of somebody born on ``born`` ("1956-02-29"); below 0 before that day.

    >>> age_on("1956-11-27", date(2026, 11, 26)), age_on("1956-11-27", date(2026, 11, 27))
    (69, 70)
    >>> age_on("1956-02-29", date(2026, 2, 28)), age_on("1956-02-29", date(2026, 3, 1))
    (69, 70)

    Raises
    ------
    ValueError
        If ``born`` is no date.
    """
    first = date.fromisoformat(born)
    return day.year - first.year - ((day.month, day.day) < (first.month, first.day))
