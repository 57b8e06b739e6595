"""Invented companies with sisters and namesakes, and what a customer master makes of their names: the truth is known.

No name of a real company is used: surnames, places, coined syllables and words of trade are put together at random.
"""

# ruff: noqa: SIM905 - lists of words read better as text
from __future__ import annotations

import random
from typing import Any

import polars as pl

__all__ = ["invented_register", "master_of", "typo"]

SURNAMES = """Abel Adler Albers Amann Anders Arndt Bachmann Bauer Baumann Becker Berger Bergmann Binder Bischof Blank
Böhm Brandt Braun Breuer Brinkmann Bruns Burger Busch Carstens Conrad Dahl Dietrich Dorn Dreyer Ebert
Eckert Ehlers Engel Ernst Falk Feldmann Fink Fischer Frank Freitag Fuchs Funke Gärtner Geiger Gerber
Geßner Graf Groß Günther Haas Hagen Hahn Hansen Hanson Hartmann Heine Heller Henning Herzog Hofmann
Hoffmann Höfer Huber Jansen Janssen Jäger Jung Kaiser Keller Kern Klein Koch Köhler König Krämer Kramer
Kraus Krüger Kühn Lang Lehmann Lindner Lorenz Ludwig Maier Mayer Meier Meyer Möller Moser Müller Naumann
Neumann Nowak Otto Pauli Peters Pfeiffer Pohl Raabe Reuter Richter Ritter Roth Rösler Sander Schäfer
Schenk Schilling Schmid Schmidt Schmitt Schneider Scholz Schröder Schubert Schulte Schulz Schwarz Seidel
Simon Sommer Stein Strauß Thoma Thiele Vogel Vogt Voß Wagner Walter Weber Weiß Wenzel Werner Wilke
Winkler Wolf Wolff Ziegler Zimmer Ashford Atkins Bailey Barker Barlow Bennett Bishop Blake Bradley
Brooks Burton Carter Chapman Clarke Clark Coleman Collins Cooper Dawson Dixon Doyle Ellis Fletcher
Foster Gibson Gordon Grant Griffin Hamilton Harding Harper Harvey Hawkins Hayes Holmes Howard Hudson
Hughes Hunter Jennings Kelly Kennedy Knight Lawson Marsh Marshall Mason Mills Morgan Murphy Murray
Newton Osborne Palmer Parker Pearson Perkins Porter Powell Reid Reynolds Rhodes Rowe Russell Saunders
Shaw Sheppard Simpson Spencer Stone Sutton Thornton Tucker Turner Wallace Walsh Watkins Watson Webb
Wheeler Whitaker Woods Andersen Anderson Arvidsson Berglund Bjork Björk Ek Eriksen Forsberg Gran
Håkansson Hedlund Holm Iversen Karlsson Larsen Larsson Lindqvist Lund Nilsen Nilsson Nyström Olsen
Olsson Østergaard Pedersen Sørensen Strand Sundberg Vik Åberg Bernard Blanc Bonnet Boyer Chevalier Colin
Dubois Dufour Dumont Dupont Durand Fabre Fontaine Fournier Garnier Gauthier Girard Guérin Henry Lambert
Lefèvre Legrand Lemaire Leroy Mercier Meunier Moreau Perrin Picard Renard Rousseau Roussel Barbieri
Bianchi Bruno Caruso Colombo Conti Costa Esposito Ferrari Ferraro Fontana Gallo Galli Greco Lombardi
Longo Mancini Marchetti Marino Martini Moretti Ricci Rinaldi Rizzo Romano Russo Santoro Serra Testa
Villa Vitale""".split()

TRADES = {
    "DE": """Maschinenbau Logistik Handel Elektrotechnik Bau Metallbau Werkzeuge Verpackung Textil Möbel Druckerei
Spedition Gartenbau Medizintechnik Kunststoffe Stahlhandel Holzbau Haustechnik Software Beratung
Immobilien Küchen Papier Feinkost Getränke Autohaus Dachdecker Fenster Anlagenbau Labortechnik""".split(),
    "GB": """Engineering Logistics Trading Electrical Construction Fabrications Tools Packaging Textiles Furniture
Printing Haulage Landscapes Medical Plastics Steel Joinery Plumbing Software Consulting Properties
Kitchens Paper Foods Drinks Motors Roofing Windows Contractors Scientific Supplies Services Solutions
Design""".split(),
    "FR": """Mécanique Transports Négoce Électricité Bâtiment Métallerie Outillage Emballages Textiles Meubles
Imprimerie Paysages Médical Plastiques Aciers Menuiserie Plomberie Logiciels Conseil Immobilier Cuisines
Papeterie Alimentation Boissons Automobiles Couverture Ingénierie""".split(),
    "IT": """Meccanica Trasporti Commercio Elettronica Costruzioni Carpenteria Utensili Imballaggi Tessuti Mobili
Tipografia Giardini Medicali Plastica Acciai Legnami Impianti Software Consulenze Immobiliare Cucine
Cartiere Alimentari Bevande Motori Coperture""".split(),
    "SE": """Verkstad Transport Handel Elektro Bygg Plåt Verktyg Förpackning Textil Möbler Tryckeri Trädgård Medicin
Plast Stål Snickeri Rör Data Konsult Fastigheter Kök Papper Livsmedel Dryck Bil Tak""".split(),
    "US": """Engineering Logistics Trading Electric Construction Fabrication Tools Packaging Textiles Furniture
Printing Trucking Landscaping Medical Plastics Steel Woodworks Plumbing Software Consulting Properties
Kitchens Paper Foods Beverages Motors Roofing Supply Services Solutions Technologies Manufacturing
Industries""".split(),
}
FORMS = {
    "DE": (
        ("GmbH", "Gesellschaft mit beschränkter Haftung", "G.m.b.H.", "gmbh"),
        ("GmbH & Co. KG", "GmbH & Co KG"),
        ("AG",),
        ("KG",),
    ),
    "GB": (
        ("Ltd", "Limited", "Ltd.", "LTD"),
        ("Ltd", "Limited", "Ltd."),
        ("plc", "PLC", "Public Limited Company"),
        ("LLP",),
    ),
    "FR": (("SARL", "S.A.R.L.", "Sàrl"), ("SAS", "S.A.S."), ("SA", "S.A.")),
    "IT": (("S.r.l.", "srl", "SRL"), ("S.p.A.", "SpA", "spa")),
    "SE": (("AB", "Aktiebolag", "ab"), ("AB", "Aktiebolag")),
    "US": (("Inc.", "Inc", "Incorporated", ", Inc."), ("LLC", "L.L.C.", "llc"), ("Corp.", "Corporation", "Corp")),
}
CITIES = {
    "DE": "Bremen Kassel Ulm Fürth Köln Lübeck Mainz Jena Trier Göttingen Hagen Worms".split(),
    "GB": "Leeds Derby Exeter Bath Norwich Luton Preston Cardiff Dundee Stoke Hull Reading".split(),
    "FR": "Lyon Nantes Lille Rennes Dijon Tours Angers Brest Nîmes Metz".split(),
    "IT": "Torino Verona Padova Parma Modena Bari Trieste Lecce Ferrara Como".split(),
    "SE": "Malmö Uppsala Lund Örebro Växjö Gävle Borås Kalmar Umeå".split(),
    "US": "Dayton Tulsa Boise Akron Toledo Omaha Mobile Salem Fresno Reno Tampa Erie".split(),
}
STREETS = {
    "DE": "Hauptstraße Bahnhofstraße Gartenstraße Industriestraße Ringstraße Lindenweg Bergstraße Mühlenweg".split(),
    "GB": ("High Street", "Station Road", "Mill Lane", "Church Road", "Park Avenue", "Victoria Street", "Green Lane"),
    "FR": ("Rue de la Gare", "Rue des Fleurs", "Avenue Foch", "Rue Pasteur", "Boulevard Voltaire", "Rue du Moulin"),
    "IT": ("Via Roma", "Via Garibaldi", "Corso Italia", "Via Mazzini", "Via Dante", "Via Verdi"),
    "SE": "Storgatan Drottninggatan Kyrkogatan Skolgatan Industrigatan Hamngatan".split(),
    "US": ("Main Street", "Oak Avenue", "Industrial Drive", "Second Street", "Lake Road", "Market Street"),
}
PLAIN = """Nordic General First United National Global Euro Trans Inter Central Royal Premier Elite Prime Smart
Star Sun Blue Green Alpha Omega Delta Apex Summit Pioneer Phoenix Eagle Atlas Titan Nova Pro Bio Eco
City World Modern""".split()
SISTERS = """Holding Services International Germany UK France Italia Nordic II III 2 Nord Süd West East Finance
Logistics Trading Immobilien Properties Verwaltung Beteiligung Europe America Group Energy Systems
Technologies Vertrieb Retail Capital Investments Real-Estate Leasing Consulting Digital Medical Foods
Design Solutions""".split()
SYLLABLES = """ba be bo ca ce co da de do fa fe fi ga go ha he ka ke ko la le li lo lu ma me mi mo na ne no pa pe po ra
re ri ro sa se si so ta te ti to tra tri va ve vi vo xa xi ya zo ax en ex ol um or is an al er on""".split()
COUNTRIES = ("DE", "DE", "GB", "GB", "FR", "IT", "SE", "US", "US")
FAMILY_SHARE = 0.35
TWIN_SHARE = 0.04
KEPT_AS_IT_IS = 0.25


def _coined(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.choice((2, 2, 3, 3, 4)))).capitalize()


def _stem(chance: random.Random, country: str) -> str:
    trade, kind = chance.choice(TRADES[country]), chance.random()
    if kind < 0.3:
        return f"{chance.choice(SURNAMES)} {trade}"
    if kind < 0.37:
        joint = {"DE": "Söhne", "GB": "Sons", "FR": "Fils", "IT": "Figli", "SE": "Söner", "US": "Sons"}[country]
        return f"{chance.choice(SURNAMES)} & {joint}"
    if kind < 0.47:
        return f"{chance.choice(SURNAMES)} & {chance.choice(SURNAMES)} {trade}"
    if kind < 0.62:
        return f"{_coined(chance)} {trade}"
    if kind < 0.7:
        return _coined(chance)
    if kind < 0.8:
        return f"{chance.choice(PLAIN)} {trade}"
    if kind < 0.85:
        return f"{chance.choice(PLAIN)} {chance.choice(PLAIN)} {trade}"
    if kind < 0.93:
        return f"{chance.choice(CITIES[country])} {trade}"
    letters = "".join(chance.choices("ABCDEFGHIKLMNPRSTVW", k=chance.choice((2, 3, 3, 4))))
    return f"{letters} {trade}" if chance.random() < 0.8 else letters


def _address(chance: random.Random, country: str) -> dict[str, str]:
    number, street = chance.randint(1, 240), chance.choice(STREETS[country])
    if country == "GB":
        postcode = (
            f"{chance.choice('BCDEGLMNPS')}{chance.choice('AEHLNRS')}{chance.randint(1, 29)} {chance.randint(1, 9)}"
        )
        postcode += "".join(chance.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
    else:
        postcode = f"{chance.randint(10000, 99999)}"
    written = f"{street} {number}" if country in ("DE", "IT", "SE") else f"{number} {street}"
    return {"street": written, "postcode": postcode, "city": chance.choice(CITIES[country])}


def invented_register(entities: int, seed: int) -> pl.DataFrame:
    """Return invented companies: ``entity, name, country, street, postcode, city, stem, form`` (its spellings)."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []

    def add(stem: str, country: str, form: tuple[str, ...], address: dict[str, str]) -> None:
        name = f"{stem}{'' if form[0].startswith(',') else ' '}{form[0]}"
        rows.append({"name": name, "country": country, "stem": stem, "form": list(form), **address})

    while len(rows) < entities:
        country = chance.choice(COUNTRIES)
        stem, form, address = _stem(chance, country), chance.choice(FORMS[country]), _address(chance, country)
        add(stem, country, form, address)
        if chance.random() < FAMILY_SHARE:
            base = stem.rsplit(" ", 1)[0] if chance.random() < 0.4 else stem
            words = dict.fromkeys(
                chance.choices((*SISTERS, *SISTERS, *TRADES[country]), k=chance.choice((1, 1, 2, 3, 5)))
            )
            for word in words:
                if word in stem.split():
                    continue
                place = address if chance.random() < 0.6 else _address(chance, country)
                add(f"{base} {word}", country, chance.choice(FORMS[country]), place)
        if chance.random() < TWIN_SHARE:
            other = chance.choice(COUNTRIES)
            add(stem, other, chance.choice(FORMS[other]), _address(chance, other))
    frame = pl.DataFrame(rows[:entities]).with_row_index("number")
    return frame.with_columns(entity=pl.col("number").cast(pl.String).str.zfill(8)).drop("number")


def typo(chance: random.Random, text: str) -> str:
    """Return the text with a letter left out, changed, added, or swapped with the next; short texts as they are."""
    places = [place for place, letter in enumerate(text) if letter.isalpha() and place > 0]
    if len(places) < 4:
        return text
    at, letter = chance.choice(places), chance.choice("abcdefghiklmnoprstuvz")
    kind = chance.random()
    if kind < 0.3:
        return text[:at] + text[at + 1 :]
    if kind < 0.55:
        return text[:at] + letter + text[at + 1 :]
    if kind < 0.75:
        return text[:at] + letter + text[at:]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ö": "Oe", "Ä": "Ae", "Ü": "Ue", "ß": "ss", "ø": "oe", "å": "aa"}
)
BARE = str.maketrans(
    {
        "ä": "a",
        "ö": "o",
        "ü": "u",
        "Ö": "O",
        "Ä": "A",
        "Ü": "U",
        "ß": "ss",
        "ø": "o",
        "å": "a",
        "é": "e",
        "è": "e",
        "î": "i",
        "à": "a",
        "É": "E",
    }
)
SHORT = {
    "International": "Intl",
    "Manufacturing": "Mfg",
    "Services": "Svcs",
    "Technologies": "Tech",
    "Engineering": "Eng",
    "Holding": "Hldg",
    "Industries": "Ind",
    "Systems": "Sys",
    "Solutions": "Sol",
    "Maschinenbau": "Masch.bau",
    "Elektrotechnik": "Elektrotechn.",
    "Construction": "Constr",
    "Consulting": "Cons.",
    "Logistics": "Log",
}


def _written(chance: random.Random, row: dict[str, Any], stems: set[str]) -> str:
    """Write a name as a clerk might; a word is not dropped where that would write another company's name."""
    stem, form = row["stem"], chance.choice(row["form"])
    if chance.random() < KEPT_AS_IT_IS:
        return str(row["name"])
    words = stem.split()
    if chance.random() < 0.18:
        stem = typo(chance, stem)
    elif chance.random() < 0.12 and len(words) > 2:
        words.pop(chance.randrange(len(words)))
        stem = " ".join(words) if " ".join(words) not in stems else stem
    elif chance.random() < 0.06 and len(words) == 2:
        stem = " ".join(reversed(words))
    elif chance.random() < 0.2:
        stem = " ".join(SHORT.get(word, word) for word in words)
    elif chance.random() < 0.05:
        stem = stem.replace(" ", "", 1)
    if chance.random() < 0.4:
        stem = stem.translate(chance.choice((UMLAUTS, BARE)))
    if chance.random() < 0.3:
        stem = stem.replace("&", chance.choice(("and", "+", "u.")))
    name = stem if chance.random() < 0.22 else f"{stem}{'' if form.startswith(',') else ' '}{form}"
    if chance.random() < 0.04:
        name += chance.choice((" - Einkauf", " (Head Office)", " c/o Accounts Payable", f" {row['city']}"))
    if chance.random() < 0.05:
        name = name[: chance.choice((20, 25, 30))]
    return name.upper() if chance.random() < 0.35 else name


def master_of(
    register: pl.DataFrame, customers: int, seed: int, *, listed: float = 0.6
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a customer master and the register in which a share ``listed`` of the customers still is.

    ``customers`` has the truth in ``entity``; the others were taken out of the register, their sisters were not.
    """
    chance = random.Random(seed)
    rows = register.sample(customers, seed=seed).to_dicts()
    stems = set(register["stem"])
    master, gone = [], []
    for number, row in enumerate(rows):
        place = {key: row[key] for key in ("street", "postcode", "city")}
        if chance.random() < 0.1:
            place = _address(chance, row["country"])
        blank = {"street": 0.4, "postcode": 0.3, "city": 0.2}
        place = {key: None if chance.random() < blank[key] else value for key, value in place.items()}
        country = row["country"] if chance.random() > 0.02 else chance.choice(COUNTRIES)
        is_listed = chance.random() < listed
        if not is_listed:
            gone.append(row["entity"])
        master.append(
            {
                "customer_id": f"C{number:06d}",
                "name": _written(chance, row, stems),
                "country": None if chance.random() < 0.05 else country,
                **place,
                "truth": row["entity"] if is_listed else None,
            }
        )
    left = register.filter(~pl.col("entity").is_in(gone))
    listing = left.select("entity", "name", "country", "street", "postcode", "city").with_columns(
        register=pl.lit("invented"), id_column=pl.lit("company_number")
    )
    return pl.DataFrame(master, infer_schema_length=None), listing
