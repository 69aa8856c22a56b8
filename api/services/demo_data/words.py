"""What invented people are called, where they live and what they write: lists, and how common each is."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

SLOTS = 4096  # How finely a list is cut into shares: a name's slots are how common it is.


@dataclass(frozen=True)
class Origin:
    """People whose names go together. `share` in thousandths; names from common to rare."""

    share: int
    first: str
    last: str
    tail: Sequence[str] = ()


# Place names that became surnames: the many that few people bear.
_PLACES = tuple(
    f"{front}{back}"
    for back in ("ton", "ley", "ford", "field", "worth", "well", "bury", "wood", "by", "ham")
    for front in (
        *("Ash", "Brad", "Brom", "Chad", "Cole", "Crow", "Dal", "Den", "Dun", "El", "Fair", "Farn"),
        *("Gar", "Hal", "Hart", "Hather", "Hol", "Hor", "Kel", "Lang", "Mar", "Mel", "Nor", "Oak"),
        *(
            "Pax",
            "Pen",
            "Rad",
            "Ram",
            "Red",
            "Rother",
            "Rush",
            "Sel",
            "Shel",
            "Stan",
            "Sut",
            "Thorn",
        ),
        *("Ux", "Wal", "War", "Wester", "Whit", "Win", "Wool", "Wy", "Yar"),
    )
)

ORIGINS = (
    Origin(
        620,
        "David Sarah John Susan Margaret James Emma Michael Helen Paul Julie Andrew Karen Peter "
        "Elizabeth Mark Claire Richard Patricia Robert Rachel Christopher Laura William Rebecca "
        "Stephen Jane Thomas Amy Alan Lucy Simon Charlotte Jonathan Hannah Matthew Emily Daniel "
        "Sophie Ian Jessica Philip Alice Martin Olivia George Katherine Edward Victoria Anthony "
        "Ruth Nicholas Judith Graham Joanna Oliver Eleanor Benjamin Abigail Harry Grace Keith "
        "Christine Jack Amelia Colin Isobel Timothy Rosemary Nigel Gillian Samuel Zoë Roger Chloë "
        "Adrian Naomi Toby Harriet Rupert Imogen Giles Renée Hugo Beatrix Percival Winifred",
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans "
        "Walker White Roberts Green Hall Wood Jackson Clarke Harris Clark Cooper King Turner Hill "
        "Ward Moore Watson Baker Harrison Morris Allen Mitchell Parker Lee Cook Bennett Price "
        "Griffiths Carter Shaw Richardson Young Marshall Collins Simpson Bailey Bell Adams Cox "
        "Foster Webb Mills Rogers Knight Palmer Stevens Barnes Fletcher Butler Matthews Chapman "
        "Hunt Gibson Holmes Pearson Andrews Lloyd Rose Barker Harvey Dixon Fisher Poole Gill Lane "
        "Brontë Fortescue Featherstonehaugh Cholmondeley Wriothesley",
        _PLACES,
    ),
    Origin(
        110,
        "Catriona Fiona Angus Ewan Morag Hamish Iain Mairi Callum Ailsa Duncan Eilidh Alasdair "
        "Kirsty Fraser Isla Gregor Sheena Lachlan Mhairi Rory Una",
        "MacDonald Campbell Stewart Robertson Anderson Scott Reid Murray Fraser Ross Morrison Grant "
        "Cameron Kerr Hamilton Graham Ferguson Sinclair MacLeod Mackay Drummond Buchanan Urquhart "
        "Colquhoun Farquharson Auchinleck",
    ),
    Origin(
        60,
        "Rhys Siân Gareth Bethan Huw Cerys Owain Angharad Gwilym Lowri Dafydd Ffion Geraint Nia "
        "Llŷr Mabli Tomos Tegwen",
        "Jones Davies Williams Evans Thomas Roberts Lewis Hughes Morgan Griffiths Edwards Owen Rees "
        "Llewellyn Pritchard Bevan Gwyther ap_Rhys Tudur",
    ),
    Origin(
        60,
        "Seán Aoife Patrick Niamh Ciarán Siobhán Liam Róisín Eoin Máire Declan Gráinne Conor Sinéad "
        "Oisín Caoimhe Pádraig Bláthnaid",
        "Murphy Kelly O'Brien Byrne Ryan O'Sullivan Walsh O’Connor Doyle McCarthy Gallagher Doherty "
        "Kennedy Lynch Quinn McLaughlin Ó_Briain Ní_Dhomhnaill Ó_Súilleabháin",
    ),
    Origin(
        65,
        "Mohammed Aisha Priya Rajesh Fatima Amit Sunita Imran Harpreet Anjali Ravi Nadia Sanjay "
        "Meera Yusuf Zainab Arjun Deepa Tariq Lakshmi Gurpreet Farzana Vikram Shabnam",
        "Patel Khan Singh Ahmed Hussain Kaur Ali Begum Shah Sharma Chowdhury Malik Mistry Rahman "
        "Desai Iqbal Gupta Bhatt Nair Krishnamurthy Chaudhry Venkataraman",
    ),
    Origin(
        30,
        "Amina Ben Kwame Ngozi Chidi Folake Tunde Adaeze Kofi Abena Sekou Zanele Tendai Yetunde "
        "Emeka Wanjiru Adébáyọ̀ Olúwaṣeun",
        "Okafor Mensah Adeyemi Osei Okonkwo Boateng Nwosu Diallo Abebe Kamau Mwangi Dlamini Owusu "
        "Adébọ̀wálé Ọláwálé Ndlovu Tesfaye",
    ),
    Origin(
        30,
        "Łukasz Agnieszka Piotr Małgorzata Krzysztof Joanna Zbigniew Żaneta Andrei Ioana Mihai "
        "Jiří Zdeňka István Zsófia Jānis Šarūnas",
        "Nowak Kowalski Wiśniewska Wójcik Kamiński Lewandowska Zieliński Dąbrowska Popescu Ionescu "
        "Novák Dvořák Nagy Szabó Bērziņš Kazlauskas Błaszczykowski",
    ),
    Origin(
        15,
        "José María João Inês Giulia Marco François Hélène Jürgen Björn Søren Åsa Nikos Eleni "
        "Matthias Chloé Íñigo Gonçalo",
        "García Fernández Silva Rossi Müller Schröder Lefèvre Dupont Jensen Östberg Papadopoulos "
        "Núñez Gonçalves D’Angelo Weiß Ångström",
    ),
    Origin(
        10,
        "Wei Chen Mei Li Hui Yuki Haruto Linh Thảo Minh Ji-woo Seo-yeon Ayşe Mehmet Leila Farid "
        "Yael Noam",
        "Wong Chan Li Chen Zhang Nguyễn Trần Lê Tanaka Satō Kim Park Yılmaz Şahin Hosseini Cohen Levi",
    ),
)

# (post town, outward code, how many people), roughly as in the country.
TOWNS = (
    *(("London", f"SE{n}", 9) for n in (1, 5, 8, 13, 15, 19, 22, 24)),
    *(("London", f"N{n}", 9) for n in (1, 4, 7, 10, 16, 22)),
    *(("London", f"E{n}", 8) for n in (2, 3, 8, 10, 17)),
    *(("London", f"SW{n}", 8) for n in (2, 4, 9, 11, 16, 17)),
    *(("London", f"W{n}", 6) for n in (3, 5, 7, 12, 13)),
    *(("Birmingham", f"B{n}", 7) for n in (5, 13, 14, 17, 23, 29, 31)),
    *(("Manchester", f"M{n}", 7) for n in (4, 14, 16, 19, 20, 21)),
    *(("Leeds", f"LS{n}", 7) for n in (2, 6, 7, 8, 11, 16)),
    *(("Glasgow", f"G{n}", 7) for n in (3, 11, 12, 20, 41, 42)),
    *(("Bristol", f"BS{n}", 7) for n in (3, 5, 6, 7, 8, 16)),
    *(("Sheffield", f"S{n}", 7) for n in (6, 7, 8, 10, 11, 17)),
    *(("Edinburgh", f"EH{n}", 7) for n in (3, 6, 7, 9, 10, 16)),
    *(("Liverpool", f"L{n}", 7) for n in (4, 8, 13, 15, 17, 18)),
    *(("Cardiff", f"CF{n}", 6) for n in (5, 10, 11, 14, 23, 24)),
    *(("Newcastle upon Tyne", f"NE{n}", 6) for n in (2, 3, 4, 6, 7)),
    *(("Nottingham", f"NG{n}", 6) for n in (2, 3, 5, 7, 9)),
    *(("Leicester", f"LE{n}", 6) for n in (2, 3, 4, 5)),
    *(("Belfast", f"BT{n}", 6) for n in (5, 6, 7, 9, 15)),
    *(("Brighton", f"BN{n}", 9) for n in (1, 2)),
    *(("Oxford", f"OX{n}", 8) for n in (1, 3, 4)),
    *(("Cambridge", f"CB{n}", 9) for n in (1, 4)),
    *(("York", f"YO{n}", 7) for n in (10, 24, 31)),
    *(("Norwich", f"NR{n}", 7) for n in (1, 3, 6)),
    *(("Exeter", f"EX{n}", 6) for n in (1, 2, 4)),
    *(("Plymouth", f"PL{n}", 6) for n in (1, 3, 6)),
    *(("Southampton", f"SO{n}", 6) for n in (15, 16, 19)),
    *(("Swansea", f"SA{n}", 6) for n in (1, 2, 3)),
    *(("Aberdeen", f"AB{n}", 6) for n in (10, 15, 24)),
    *(("Milton Keynes", f"MK{n}", 5) for n in (5, 9, 14)),
    *(("Bath", f"BA{n}", 6) for n in (1, 2)),
    *(("Kirkwall", "KW15", 1), ("Hay-on-Wye", "HR3", 1), ("Stornoway", "HS1", 1)),
    *(("Ynys Môn", "LL77", 1), ("Aberystwyth", "SY23", 2), ("Whitby", "YO21", 2)),
    *(("Hebden Bridge", "HX7", 2), ("Totnes", "TQ9", 2), ("Ludlow", "SY8", 1), ("Wells", "BA5", 1)),
)

STREETS = (
    "High Street|Station Road|Church Road|Church Lane|Victoria Road|Green Lane|Manor Road|Park Road|"
    "Queens Road|New Road|Mill Lane|The Avenue|Albert Road|London Road|King Street|Grange Road|"
    "School Lane|Springfield Road|Windsor Road|Alexandra Road|Chapel Street|Kingsway|The Crescent|"
    "Highfield Road|Stanley Road|Orchard Close|Meadow Way|St John’s Road|Elm Grove|Beech Close|"
    "Nightingale Lane|Quarry Hill|Ferry Lane|Weavers Yard|Lighthouse Row|Gallowgate"
)
# The top-level domain .example can never be registered (RFC 2606): no letter can reach anybody.
MAIL_DOMAINS = (
    ("gmail.example", 42),
    ("hotmail.example", 15),
    ("outlook.example", 9),
    ("yahoo.example", 9),
    ("icloud.example", 8),
    ("btinternet.example", 7),
    ("sky.example", 3),
    ("live.example", 3),
    ("virginmedia.example", 2),
    ("protonmail.example", 1),
    ("nhs.example", 1),
)
MESSAGES = (
    "In memory of Dad, who never passed a collecting tin without stopping.|Thank you for all you do.|"
    "For Mum’s 70th birthday instead of flowers.|Keep going!|From all of us at St Mark’s.|"
    "You helped my neighbour last winter. This is a thank you.|Happy to help.|"
    "From the sale of cakes at Year 4’s summer fair.|Please use it where it is needed most.|"
    "In loving memory of Maureen Doyle, 1938–2023.|God bless you all.|Diolch yn fawr!|"
    "Zakat al-mal, may it be accepted.|For the youth club, where I learned to box.|"
    "Office Christmas jumper day: £1 each from Accounts.|Wish it could be more.|"
    "Match funding from the allotment society.|Thank you for the food parcel in March.|"
    "Instead of Christmas cards this year.|From Ben and the walking group."
)


def slots(weighted: Sequence[tuple[str, float]], size: int = SLOTS) -> Iterator[tuple[int, str]]:
    """Each text for as many numbers, from 0 to `size`, as its share of the weights."""
    total = sum(weight for _, weight in weighted)
    ends = [round(size * so_far / total) for so_far in accumulate(w for _, w in weighted)]
    texts = iter(weighted)
    begins = 0
    for end, (text, _) in zip(ends, texts, strict=True):
        yield from ((number, text) for number in range(begins, end))
        begins = end


def name_slots(names: str, tail: Sequence[str] = ()) -> Iterator[tuple[int, str]]:
    """Names by how common they are: the second is about half as common as the first, and so on (Zipf).

    An underscore is a space.
    """
    words = [word.replace("_", " ") for word in names.split()]
    weighted = [(word, 1 / (rank + 12)) for rank, word in enumerate(words)]
    share = 0.5 * sum(weight for _, weight in weighted) / max(len(tail), 1)
    return slots(weighted + [(word, share) for word in tail])


def plain(text: str) -> str:
    """A name as it stands in an e-mail address: a to z only."""
    kept = unicodedata.normalize("NFKD", text.casefold())
    kept = kept.translate(str.maketrans("łøıđ", "loid"))
    return "".join(letter for letter in kept if "a" <= letter <= "z")
