"""What the phone's app says. Its page is the same for everybody, so these are all the words that it may ever need."""

from django.utils.translation import gettext as _

from vehicles import words
from vehicles.importers import reasons

Words = dict[str, dict[str, str]]


def app_words() -> Words:
    """Texts by use and by code; `{n}`, `{ago}`, `{car}`, `{far}` are filled in by the app."""
    return {
        "title": titles(),
        "help": helps(),
        "problem": problems(),
        "refusal": {code: words.refusal(code) for code in (*words.REFUSALS, *reasons.words)},
        "line": lines(),
    }


def titles() -> dict[str, str]:
    """The state in a word or two."""
    return {
        "starting": _("One moment"),
        "unsupported": _("This browser cannot record"),
        "elsewhere": _("Another tab is recording"),
        "signed_out": _("Sign in to begin"),
        "unreachable": _("No network"),
        "no_car": _("Choose a car"),
        "denied": _("Location is not allowed"),
        "ready": _("Not recording"),
        "waiting_gps": _("Waiting for GPS"),
        "recording": _("Recording"),
        "offline": _("Recording, offline"),
    }


def helps() -> dict[str, str]:
    """What the state means, or what to do about it."""
    return {
        "starting": "",
        "unsupported": _(
            "It lacks location, a keystore or storage, or the page did not come by https. A current Chrome, Safari or "
            "Firefox has all of them."
        ),
        "elsewhere": _("A phone records in one tab at a time. Stop the other tab, and this one can begin."),
        "signed_out": _("Your cars are known once you are signed in."),
        "unreachable": _("Choosing a car needs a network once. After that the phone records without one."),
        "no_car": _("What the phone measures belongs to the car that you choose, from that moment on."),
        "denied": _(
            "Open your browser’s settings for this site (the sign beside the address), allow Location, and come back. "
            "On an iPhone, also look into Settings, Privacy, Location Services."
        ),
        "ready": _("Put the phone where it sees the sky, and tap before you drive. The screen stays on meanwhile."),
        "waiting_gps": _("A first position takes up to a minute under an open sky. Indoors there may be none."),
        "recording": _("Each position is kept on this phone until our server answered for it."),
        "offline": _("Nothing is lost: readings wait on this phone and are sent when there is a network."),
    }


def problems() -> dict[str, str]:
    """Why sending does not go on."""
    return {
        "signedat_out_of_window": _(
            "The phone’s clock is more than five minutes from ours. Set it to automatic time; then sending goes on."
        ),
        "unknown_caller": _("Our server does not know this phone any longer. Sign in and choose the car again."),
        "suspect": _(
            "This phone’s key signed one number twice with different contents. Forget this phone and begin anew."
        ),
        "no_key": _("This phone’s key is gone, so what waits here cannot be signed. Forget this phone and begin anew."),
        "full": _("This phone’s storage is full. Free some space: new readings cannot be kept until then."),
        "network": _("Our server could not be reached. It is tried again by itself."),
        "other": _("Our server did not take the readings. They wait here, and it is tried again by itself."),
        "choose": _("The car could not be chosen."),
    }


def lines() -> dict[str, str]:
    """Sentences with figures in them."""
    return {
        "waiting_one": _("1 reading waits"),
        "waiting": _("{n} readings wait"),
        "none": _("None"),
        "never": _("Not yet"),
        "now": _("Just now"),
        "minutes": _("{n} min ago"),
        "accuracy": _("to {n} m"),
        "motion_on": _("Motion sensors: on"),
        "motion_off": _("Motion sensors: not available, so harsh maneuvers are not told"),
        "awake_on": _("Screen: kept on"),
        "awake_off": _("Screen: this browser cannot keep it on; set your phone’s screen timeout"),
        "choose": _("Choose"),
        "gone": _("This phone measures no car any longer. Choose one."),
        "forget": _("Readings that wait here: {n}. They would be lost. Tap again to forget this phone."),
        "speed": _("Speed"),
        "stored": _("Readings taken"),
        "km": _("{far} km"),
    }
