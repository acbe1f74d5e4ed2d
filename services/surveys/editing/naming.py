"""Staff's words for the kinds of questions and their fields.
A kind without a name here cannot be added in the editor."""

#: Kind -> name, in the order offered: the most used first.
KIND_NAMES = {
    "one_choice": "Ett svar av flere",
    "several_choices": "Flere svar",
    "scale": "Skala",
    "grid": "Påstander på én skala",
    "ranking": "De viktigste, i rekkefølge",
    "pair": "Valg mellom to",
    "area": "Del av kommunen",
    "number": "Tall",
    "year": "Årstall",
    "date": "Dato",
    "short_text": "Kort tekst",
    "long_text": "Lang tekst",
    "information": "Informasjon uten svar",
}
TEXT_NAMES = {
    "text": "Spørsmålet",
    "help": "Hjelpetekst",
    "unit": "Enhet, for eksempel «minutter»",
    "low": "Hva det laveste trinnet betyr",
    "high": "Hva det høyeste trinnet betyr",
}
FLAG_NAMES = {
    "required": "Må besvares",
    "shuffle": "Vis i tilfeldig rekkefølge",
    "do_not_know": "La folk svare «Vet ikke»",
}
NUMBER_NAMES = {
    "steps": "Antall trinn (2 til 11)",
    "most": "Hvor mange som skal velges",
    "min": "Minst",
    "max": "Høyst",
    "decimals": "Antall desimaler",
}
DAY_NAMES = {"min": "Første dag som kan svares", "max": "Siste dag som kan svares"}
ROW_NAMES = {"options": "Svaralternativer", "statements": "Påstander"}
ROW_FLAG_NAMES = {"exclusive": "Kan ikke velges sammen med andre", "write": "Med felt for egne ord"}
LANGUAGE_NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "Engelsk"}
