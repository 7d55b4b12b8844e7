"""The words contracts print beside their values, and the phrases that surround them in sentences.

In cues `{}` stands for the value and `…` for words left open; the most telling come first.
"""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "en": "Agreement | Contract | Confidentiality agreement | Non-disclosure agreement"
    " | Mutual non-disclosure agreement | Service agreement | Services agreement"
    " | Employment agreement | License agreement | Lease agreement | Consulting agreement"
    " | Purchase agreement | Letter agreement | Memorandum of understanding",
    "de": "Vertrag | Vereinbarung | Dienstvertrag | Dienstleistungsvertrag | Werkvertrag"
    " | Mietvertrag | Arbeitsvertrag | Kaufvertrag | Rahmenvertrag | Lizenzvertrag"
    " | Geheimhaltungsvereinbarung | Vertraulichkeitsvereinbarung",
    "fr": "Contrat | Accord | Convention | Accord de confidentialité | Contrat de travail"
    " | Contrat de prestation de services | Contrat de bail | Contrat de vente",
    "es": "Contrato | Acuerdo | Convenio | Acuerdo de confidencialidad | Contrato de trabajo"
    " | Contrato de prestación de servicios | Contrato de arrendamiento | Contrato de compraventa",
    "it": "Contratto | Accordo | Accordo di riservatezza | Contratto di lavoro"
    " | Contratto di prestazione di servizi | Contratto di locazione | Contratto di vendita",
    "nl": "Overeenkomst | Contract | Geheimhoudingsovereenkomst | Huurovereenkomst",
    "pt": "Contrato | Acordo | Acordo de confidencialidade | Contrato de prestação de serviços",
    "pl": "Umowa | Umowa o zachowaniu poufności | Umowa najmu | Umowa o pracę",
    "sv": "Avtal | Sekretessavtal | Hyresavtal | Anställningsavtal",
    "da": "Aftale | Kontrakt | Fortrolighedsaftale | Lejekontrakt",
}

PARTIES: Final = {
    "en": "Parties | Contracting parties | Parties to this agreement",
    "de": "Vertragsparteien | Parteien | Vertragspartner | Auftraggeber | Auftragnehmer",
    "fr": "Parties | Les parties | Parties contractantes | Entre les soussignés",
    "es": "Partes | Las partes | Partes contratantes",
    "it": "Parti | Le parti | Parti contraenti",
    "nl": "Partijen | Contractpartijen",
    "pt": "Partes | As partes | Partes contratantes",
    "pl": "Strony | Strony umowy",
    "sv": "Parter | Avtalsparter",
    "da": "Parter | Aftaleparter",
}

_DEFINED_PARTIES = (
    "Company | Undersigned | Employee | Employer | Executive | Recipient | Discloser | Buyer | "
    "Seller | Purchaser | Supplier | Customer | Client | Contractor | Consultant | Licensor | "
    "Licensee | Landlord | Tenant | Lessor | Lessee | Lender | Borrower | you | Receiving Party | "
    "Disclosing Party | Provider | Vendor | Investor | Director | Agent"
)
PARTIES_CUES: Final = {
    "en": "by and between {} … and {} | by and among {} … and {} | between {} … and {}"
    " | entered into between {} | by and between {} | "
    + " | ".join(f'{{}} (the "{term.strip()}"' for term in _DEFINED_PARTIES.split("|"))
    + " | "
    + " | ".join(f'{{}} ("{term.strip()}"' for term in _DEFINED_PARTIES.split("|"))
    + ' | {} , a … corporation | {} , a … limited liability company | {} (together , the "Company"'
    ' | {} (collectively … the "Company"'
    ' | {} , an individual | {} ( referred to as "you" | {} By :',
    "de": "zwischen der {} … und der {} | zwischen {} … und {} | zwischen dem {}"
    " | {} (nachfolgend | {} (nachstehend | {} – nachfolgend | {} , vertreten durch",
    "fr": "entre {} … et {} | entre les soussignés {} | {} (ci-après | {} , ci-après"
    " | {} , société … au capital | {} , représentée par",
    "es": "entre {} … y {} | de una parte {} | de otra parte {} | {} (en adelante"
    " | {} , en adelante | {} , representada por",
    "it": "tra {} … e {} | fra {} … e {} | {} (di seguito | {} , di seguito"
    " | {} , con sede | {} , in persona del",
    "nl": "tussen {} … en {} | {} (hierna | {} , hierna te noemen",
    "pt": "entre {} … e {} | {} (doravante | {} , doravante",
    "pl": "pomiędzy {} … a {} | zawarta między {} … a {}",
    "sv": "mellan {} … och {}",
    "da": "mellem {} … og {}",
}

EFFECTIVE_DATE: Final = {
    "en": "Effective date | Date of agreement | Agreement date | Contract date | Start date"
    " | Commencement date | Date",
    "de": "Vertragsbeginn | Datum des Inkrafttretens | Vertragsdatum | Beginn | Datum",
    "fr": "Date d'entrée en vigueur | Date d'effet | Date du contrat | Date",
    "es": "Fecha de entrada en vigor | Fecha de vigencia | Fecha del contrato | Fecha",
    "it": "Data di entrata in vigore | Data di efficacia | Data del contratto | Data",
    "nl": "Ingangsdatum | Datum overeenkomst | Datum",
    "pt": "Data de entrada em vigor | Data de início | Data do contrato | Data",
    "pl": "Data wejścia w życie | Data zawarcia | Data",
    "sv": "Ikraftträdandedatum | Avtalsdatum | Datum",
    "da": "Ikrafttrædelsesdato | Aftaledato | Dato",
}
EFFECTIVE_DATE_CUES: Final = {
    "en": "effective as of {} | made to be effective on {} | made effective {}"
    " | agreement … dated as of {} | agreement … entered into as of {} | agreement … made as of {}"
    " | agreement … made on {} | agreement … entered into on {} | effective date … {}"
    ' | effective {} | {} (the "Effective Date" | commences on {} | dated {} | dated as of {}'
    " | as of {}",
    "de": "tritt am {} in Kraft | mit Wirkung zum {} | mit Wirkung vom {} | gilt ab dem {}"
    " | beginnt am {} | Vertrag … vom {} | geschlossen am {}",
    "fr": "prend effet le {} | entre en vigueur le {} | à compter du {} | conclu le {}"
    " | en date du {}",
    "es": "entrará en vigor el {} | entra en vigor el {} | con efecto a partir del {}"
    " | a partir del {} | con fecha {} | a {}",
    "it": "entra in vigore il {} | con effetto dal {} | a decorrere dal {} | a partire dal {}"
    " | stipulato in data {} | in data {}",
    "nl": "treedt in werking op {} | met ingang van {} | gaat in op {}",
    "pt": "entra em vigor em {} | com efeitos a partir de {} | celebrado em {}",
    "pl": "wchodzi w życie z dniem {} | zawarta w dniu {}",
    "sv": "träder i kraft den {} | gäller från och med {}",
    "da": "træder i kraft den {} | gælder fra {}",
}

TERM: Final = {
    "en": "Term | Term of agreement | Contract term | Duration | Initial term | Contract period",
    "de": "Laufzeit | Vertragslaufzeit | Vertragsdauer | Dauer",
    "fr": "Durée | Durée du contrat | Durée initiale",
    "es": "Duración | Plazo | Duración del contrato | Vigencia",
    "it": "Durata | Durata del contratto",
    "nl": "Looptijd | Duur | Contractduur",
    "pt": "Prazo | Duração | Vigência",
    "pl": "Okres obowiązywania | Czas trwania",
    "sv": "Avtalstid | Löptid",
    "da": "Løbetid | Aftaleperiode",
}
TERM_CUES: Final = {
    "en": "this … agreement shall terminate … {} | agreement will terminate … {}"
    " | agreement shall expire … {} | agreement … shall expire … {}"
    " | agreement shall remain in … effect … {} | agreement … shall continue … {}"
    " | term of this agreement … {} | initial term of {} | for a term of {} | a term of {}"
    " | shall terminate … {} | for a period of {} | during the period of {}",
    "de": "Laufzeit von {} | Laufzeit beträgt {} | für die Dauer von {} | auf die Dauer von {}"
    " | für einen Zeitraum von {} | gilt für {}",
    "fr": "pour une durée de {} | durée de {} | pour une période de {} | expire … {}",
    "es": "por un plazo de {} | duración de {} | por un período de {} | vigencia de {}",
    "it": "per la durata di {} | durata di {} | per un periodo di {} | ha durata {}",
    "nl": "voor de duur van {} | looptijd van {} | voor een periode van {}",
    "pt": "pelo prazo de {} | duração de {} | por um período de {}",
    "pl": "na okres {} | przez okres {}",
    "sv": "under en period av {} | gäller i {}",
    "da": "for en periode på {} | gælder i {}",
}

JURISDICTION: Final = {
    "en": "Governing law | Applicable law | Jurisdiction | Choice of law",
    "de": "Anwendbares Recht | Gerichtsstand | Rechtswahl",
    "fr": "Droit applicable | Loi applicable | Juridiction compétente",
    "es": "Ley aplicable | Legislación aplicable | Jurisdicción",
    "it": "Legge applicabile | Foro competente | Giurisdizione",
    "nl": "Toepasselijk recht | Bevoegde rechter",
    "pt": "Lei aplicável | Foro | Jurisdição",
    "pl": "Prawo właściwe | Właściwość sądu",
    "sv": "Tillämplig lag | Jurisdiktion",
    "da": "Lovvalg | Værneting",
}
JURISDICTION_CUES: Final = {
    "en": "governed … by … laws of the State of {} | governed … by … laws of the Commonwealth of {}"
    " | governed … by … laws of the Province of {} | under the laws of the State of {}"
    " | governed … by … laws of {} | construed … under the laws of {} | governed by {} law"
    " | laws of the State of {} | laws of {} | courts of the State of {}",
    "de": "gilt das Recht der {} | unterliegt dem Recht der {} | Recht der {} | Recht des {}"
    " | Gerichtsstand ist {} | Gerichtsstand für … ist {}",
    "fr": "régi par les lois de la {} | régi par les lois du {} | lois de {} | droit de la {}"
    " | compétence exclusive des tribunaux de {} | tribunaux de {}",
    "es": "regirá por las leyes de {} | leyes de {} | leyes del {} | legislación de {}"
    " | tribunales de {}",
    "it": "regolato dalle leggi della {} | leggi della {} | legge della {} | foro di {}"
    " | Tribunale di {}",
    "nl": "recht van {} | rechtbank te {} | rechtbank {}",
    "pt": "regido pelas leis de {} | leis de {} | leis do {} | foro da comarca de {}",
    "pl": "podlega prawu {}",
    "sv": "lagarna i {} | domstol i {}",
    "da": "lovgivningen i {} | domstolene i {}",
}
