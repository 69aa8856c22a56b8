"""The words of the pages that nginx shows by itself, when nothing behind it can."""

PAGES = {
    "413": {
        "TITLE": "That was too large",
        "TEXT": "What was sent is larger than we take. Please go back and choose a smaller file.",
        "REFRESH": "",
    },
    "429": {
        "TITLE": "One moment, please",
        "TEXT": "Very many requests are coming from your network just now. "
        "Nothing was charged. Please wait a few seconds and try again.",
        "REFRESH": "",
    },
    "502": {
        "TITLE": "We will be right back",
        "TEXT": "We can't answer at this moment. Please try again in a few seconds. "
        "If you were giving: the same gift is never charged twice.",
        "REFRESH": "",
    },
    "maintenance": {
        "TITLE": "Closed for a short while",
        "TEXT": "We are looking after this site and will be back soon. "
        "Monthly gifts go on as usual, and nothing that you gave is lost.",
        "REFRESH": '<meta http-equiv="refresh" content="30">',
    },
}
