"""The currencies of ISO 4217 in which drivers pay, and how many decimals their amounts are told with. Pure."""

from decimal import Decimal
from typing import Final

_KNOWN: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"""
_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
CODES: Final = frozenset(_KNOWN.split())
WHOLE: Final = frozenset(_WHOLE.split())


def amount(value: Decimal | float, currency: str) -> str:
    """An amount with its code, such as `4.20 EUR`; whole where the currency has no smaller unit in use."""
    return f"{value:.0f} {currency}" if currency in WHOLE else f"{value:.2f} {currency}"


def rate(value: Decimal, currency: str, unit: str) -> str:
    """A price of one unit, such as `0.30 EUR/kWh`, with two decimals at least and four where it has them."""
    told = f"{value:.4f}"
    return f"{told[:-2] if told.endswith('00') else told.removesuffix('0')} {currency}/{unit}"
