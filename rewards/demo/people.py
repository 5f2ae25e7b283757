"""Who lives in the demo: invented names, invented places. Nobody here exists."""

from typing import Final, NamedTuple


class Person(NamedTuple):
    name: str
    email: str


class Buyer(NamedTuple):
    """An organization and the person who buys for it; `euros` is its first balance."""

    organization: str
    category: str
    country: str
    person: Person
    euros: int


class Founding(NamedTuple):
    """A union, the preset it starts from, and who founded it; `euros_fee_bps` and prices come from the preset."""

    name: str
    tagline: str
    preset: str
    tone: str
    founder: Person
    charter: str


DOMAIN: Final = "demo.invalid"


def person(name: str) -> Person:
    return Person(name, f"{name.split()[0].lower()}@{DOMAIN}")


MAYA: Final = person("Maya Kivi")
DRIVERS: Final = (
    MAYA,
    *map(
        person,
        (
            "Anton Lind",
            "Bea Okafor",
            "Carlo Menta",
            "Dana Weiss",
            "Edvin Strand",
            "Farah Noor",
            "Goran Petrov",
            "Hilde Aas",
            "Ivo Marek",
            "Jonna Salo",
            "Kofi Mensah",
            "Lena Brandt",
            "Milo Duarte",
            "Nadia Karim",
            "Oskar Vik",
            "Priya Nair",
            "Quentin Roy",
            "Rosa Campos",
            "Sven Holm",
            "Tilda Berg",
            "Umar Aziz",
            "Vera Novak",
            "Wim Jansen",
            "Xenia Pavlou",
            "Yara Haddad",
        ),
    ),
)
FOUNDERS: Final = tuple(map(person, ("Tomas Ekholm", "Rita Amaral", "Felix Grau")))
OPERATOR: Final = person("Olga Renner")
UNIONS: Final = (
    Founding(
        "Nordic EV Union",
        "Battery health for everybody, places for nobody.",
        "battery",
        "ta",
        FOUNDERS[0],
        "We drive electric. We license statistics on batteries and charging, because they help those who build "
        "batteries and those who run the grid. We license no rows and no places, whatever is paid for them.",
    ),
    Founding(
        "City Couriers",
        "If our driving is worth something, it is worth something to us.",
        "open",
        "tb",
        FOUNDERS[1],
        "We drive for a living. Each of us decides how much to license, and to whom; the union sees to it that the "
        "price is right and that whoever drove is paid.",
    ),
    Founding(
        "Safer Roads Pool",
        "Driving data for research that makes streets safer.",
        "research",
        "tc",
        FOUNDERS[2],
        "We give researchers, cities and non-profits what they need to find dangerous places, at a price that covers "
        "the work. No insurer, no advertiser, no exact positions.",
    ),
)
BUYERS: Final = (
    Buyer("Northern Grid Lab", "academic", "FI", person("Ines Halla"), 25_000),
    Buyer("Harbor City Council", "public_body", "SE", person("Paul Quist"), 12_000),
    Buyer("NovaTread Research", "oem", "DE", person("Greta Sommer"), 18_000),
)
