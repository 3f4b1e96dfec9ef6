"""Words that made-up titles are put together from, and the genres and occupations of the platform."""

_ADJECTIVES = """
amber ancient bitter black blue borrowed bright broken burning cold crimson crooked curious dark distant
double early electric empty endless faded fallen fearless final first forgotten frozen gentle golden green
grey hidden hollow hungry idle invisible iron last lazy little lonely long lost lucky midnight missing
modern narrow nameless northern old open painted pale patient perfect private purple quick quiet red
restless rising rotten royal rusty sacred savage second secret seventh shallow sharp short silent silver
simple sleeping slow small solemn southern stolen strange stubborn sudden sweet tall tender thin third
thirsty tired uncertain velvet violet wandering warm weary western white wicked wild winter wooden young
"""
_NOUNS = """
affair alibi anchor angel apple april arrow autumn avenue ballad bandit banker barber beach bell bird bishop
boat bridge brother butcher cabin canyon captain card castle cathedral circus city clock cloud coast colonel
compass corner cousin daughter dawn deal desert detective diary doctor dog door dragon dream driver dust
echo empire engine evening farm father feather ferry fever fiddler field fire fisherman forest fortress
fountain fox friend game garden gate general ghost giant glass hammer harbor harvest heart hero highway hill
horizon horse hotel hour house hunter island joke journey judge jungle key king kitchen ladder lake lantern
letter library light line lion lover machine map market mask meadow memory mile mirror monday moon morning
mother mountain music night number ocean orchard orchestra painter palace paper party passenger passport
pearl pilot pirate planet player poet postman prince promise queen question rain raven river road robber
room rose sailor saint school sea season shadow shepherd ship signal sister sky snow soldier song sparrow
spring spy stable star station stone storm story stranger street summer sunday swimmer tailor teacher
theatre thief thunder tiger tower train traveller treasure tree uncle valley village violin visitor voyage
waiter wall war waterfall wedding wind window winter wolf word
"""
ADJECTIVES = tuple(_ADJECTIVES.split())
NOUNS = tuple(_NOUNS.split())
NUMERALS = ("ii", "iii", "iv", "2", "3")

# Share of titles that have the genre, as in MovieLens; leanings in standard deviations: of the young against
# the old, and of women against men.
GENRES = {
    "Action": (0.19, 0.3, -0.5),
    "Adventure": (0.13, 0.3, -0.2),
    "Animation": (0.06, 0.6, 0.2),
    "Children": (0.07, 0.3, 0.4),
    "Comedy": (0.39, 0.2, 0.1),
    "Crime": (0.12, -0.1, -0.3),
    "Documentary": (0.05, -0.5, 0.1),
    "Drama": (0.45, -0.3, 0.3),
    "Fantasy": (0.08, 0.4, 0.1),
    "Film-Noir": (0.02, -0.7, -0.2),
    "Horror": (0.10, 0.7, -0.3),
    "Musical": (0.04, -0.3, 0.6),
    "Mystery": (0.06, -0.3, 0.1),
    "Romance": (0.17, -0.1, 0.7),
    "Sci-Fi": (0.10, 0.4, -0.5),
    "Thriller": (0.20, 0.1, -0.2),
    "War": (0.04, -0.6, -0.5),
    "Western": (0.02, -0.8, -0.5),
}

OCCUPATIONS = (
    "academic/educator",
    "artist",
    "clerical/admin",
    "college/grad student",
    "customer service",
    "doctor/health care",
    "executive/managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "other or not specified",
    "programmer",
    "retired",
    "sales/marketing",
    "scientist",
    "self-employed",
    "technician/engineer",
    "tradesman/craftsman",
    "unemployed",
    "writer",
)
