"""The words by which forms call themselves and their parts."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "en": "Form | Application form | Application | Registration form | Request form | Questionnaire"
    " | Fax cover sheet | Report form | Order form | Claim form | Survey | Checklist",
    "de": "Formular | Antrag | Anmeldung | Anmeldeformular | Fragebogen | Antragsformular"
    " | Meldebogen | Selbstauskunft",
    "fr": "Formulaire | Demande | Questionnaire | Bulletin d'inscription | Fiche de renseignements"
    " | Déclaration",
    "es": "Formulario | Solicitud | Cuestionario | Impreso de solicitud | Hoja de inscripción",
    "it": "Modulo | Domanda | Questionario | Modulo di richiesta | Scheda di iscrizione",
    "nl": "Formulier | Aanvraagformulier | Vragenlijst | Inschrijfformulier",
    "pt": "Formulário | Requerimento | Questionário | Ficha de inscrição",
    "pl": "Formularz | Wniosek | Ankieta | Kwestionariusz",
    "sv": "Blankett | Ansökan | Formulär | Enkät",
    "da": "Blanket | Ansøgning | Formular | Spørgeskema",
}

PAIRS: Final = {
    "en": "Fields | Entries | Details",
    "de": "Felder | Angaben",
    "fr": "Champs | Renseignements",
    "es": "Campos | Datos",
    "it": "Campi | Dati",
    "nl": "Velden | Gegevens",
    "pt": "Campos | Dados",
    "pl": "Pola | Dane",
    "sv": "Fält | Uppgifter",
    "da": "Felter | Oplysninger",
}

CHECKBOXES: Final = {
    "en": "Checkboxes | Tick boxes",
    "de": "Ankreuzfelder | Kästchen",
    "fr": "Cases à cocher",
    "es": "Casillas",
    "it": "Caselle",
    "nl": "Aankruisvakjes",
    "pt": "Caixas de seleção",
    "pl": "Pola wyboru",
    "sv": "Kryssrutor",
    "da": "Afkrydsningsfelter",
}
