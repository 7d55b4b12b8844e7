"""Bank accounts of banks that do not exist, with check digits that are right."""

from __future__ import annotations

from stdnum.iso7064 import mod_97_10


def iban(country: str, account: str) -> str:
    """The IBAN of a national account number (BBAN) in a country given by its two letters."""
    return country + mod_97_10.calc_check_digits(account + country) + account
