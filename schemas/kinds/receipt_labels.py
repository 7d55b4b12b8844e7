"""The words receipts print beside their values, by language, the most telling first."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "en": "Receipt | Sales receipt | Cash receipt | Till receipt | Payment receipt"
    " | Official receipt | Cash bill | Cash sale | Sales slip | Simplified tax invoice"
    " | Tax invoice (simplified) | Customer copy",
    "de": "Kassenbon | Quittung | Kassenbeleg | Kassenzettel | Kaufbeleg | Kundenbeleg | Bon"
    " | Barverkauf",
    "fr": "Ticket de caisse | Reçu | Facturette | Quittance | Ticket",
    "es": "Recibo | Ticket | Tique | Ticket de compra | Factura simplificada | Comprobante de pago",
    "it": "Scontrino | Scontrino fiscale | Ricevuta | Ricevuta fiscale | Documento commerciale",
    "nl": "Kassabon | Bon | Kassaticket | Kasticket | Aankoopbon | Kwitantie",
    "pt": "Recibo | Talão | Talão de compra | Cupom fiscal | Fatura simplificada",
    "pl": "Paragon | Paragon fiskalny | Pokwitowanie",
    "sv": "Kvitto",
    "da": "Kvittering | Kassebon | Bon",
}

COMPANY: Final = {
    "en": "Store | Shop | Merchant | Outlet | Sold by | Company name | Company | Restaurant",
    "de": "Händler | Firma | Filiale | Markt | Geschäft",
    "fr": "Magasin | Enseigne | Commerçant | Établissement",
    "es": "Establecimiento | Comercio | Tienda | Empresa",
    "it": "Esercente | Negozio | Punto vendita | Ditta",
    "nl": "Winkel | Filiaal | Vestiging | Bedrijf",
    "pt": "Estabelecimento | Loja | Empresa",
    "pl": "Sklep | Sprzedawca",
    "sv": "Butik | Företag",
    "da": "Butik | Forretning",
}

DATE: Final = {
    "en": "Receipt date | Transaction date | Trans. date | Purchase date | Date of purchase"
    " | Sale date | Invoice date | Bill date | Date/time | Date & time | Date and time | Date",
    "de": "Belegdatum | Kaufdatum | Verkaufsdatum | Datum/Uhrzeit | Datum und Uhrzeit | Datum",
    "fr": "Date d'achat | Date de vente | Date et heure | Date/heure | Date | Le",
    "es": "Fecha de compra | Fecha de emisión | Fecha y hora | Fecha/hora | Fecha operación"
    " | Fecha",
    "it": "Data acquisto | Data documento | Data e ora | Data/ora | Data",
    "nl": "Aankoopdatum | Transactiedatum | Datum/tijd | Datum en tijd | Datum",
    "pt": "Data da compra | Data de emissão | Data e hora | Data/hora | Data",
    "pl": "Data sprzedaży | Data",
    "sv": "Köpdatum | Datum",
    "da": "Købsdato | Dato",
}

ADDRESS: Final = {
    "en": "Store address | Shop address | Branch address | Address | Location",
    "de": "Filialadresse | Adresse | Anschrift",
    "fr": "Adresse du magasin | Adresse",
    "es": "Dirección | Domicilio",
    "it": "Indirizzo | Sede legale | Sede",
    "nl": "Filiaaladres | Adres",
    "pt": "Morada | Endereço",
    "pl": "Adres",
    "sv": "Butiksadress | Adress",
    "da": "Adresse",
}

TOTAL: Final = {
    "en": "Grand total | Total amount | Total due | Amount due | Balance due | Total payable"
    " | Amount payable | Total to pay | To pay | Total incl. tax | Total incl. GST"
    " | Total inclusive of GST | Total incl. VAT | Total inc VAT | Rounded total | Total rounded"
    " | Total sales inclusive GST | Total sales incl GST | Total inclusive GST | Total GST incl"
    " | Total GST inclusive | Total tax incl | Total amt incl GST | Total amt payable"
    " | Total after rounding | Nett total | Bill total | Sale total | Total sales | Total paid"
    " | Amount paid | Total | Amount | Balance",
    "de": "Gesamtbetrag | Gesamtsumme | Endbetrag | Endsumme | Summe EUR | Total EUR"
    " | Zu zahlen EUR | Zu zahlen | Zahlbetrag | Bruttobetrag | Summe | Gesamt | Total | Betrag",
    "fr": "Total TTC | Montant TTC | Total à payer | Net à payer | À payer | Montant total"
    " | Montant dû | Total EUR | TTC | Total | Montant",
    "es": "Total a pagar | Importe total | Total compra | Total IVA incluido | Total EUR"
    " | A pagar | Total | Importe",
    "it": "Totale complessivo | Totale euro | Totale EUR | Totale da pagare | Importo totale"
    " | Importo pagato | Da pagare | Totale | Importo",
    "nl": "Totaal te betalen | Te betalen | Totaalbedrag | Totaal incl. btw | Totaal EUR | Totaal"
    " | Bedrag",
    "pt": "Total a pagar | Valor total | Valor a pagar | Total EUR | A pagar | Total",
    "pl": "Suma PLN | Do zapłaty | Suma do zapłaty | Razem | Suma",
    "sv": "Att betala | Totalt | Summa | Total",
    "da": "At betale | I alt | Total",
}

TAX: Final = {
    "en": "Total tax | Tax amount | Total GST | GST amount | VAT amount | Sales tax | Service tax"
    " | VAT | GST | SST | HST | Tax",
    "de": "MwSt.-Betrag | Steuerbetrag | enthaltene MwSt. | davon MwSt. | inkl. MwSt."
    " | Mehrwertsteuer | MwSt. | USt. | MWST | Steuer",
    "fr": "Total TVA | Montant TVA | Dont TVA | TVA | T.V.A. | Taxe",
    "es": "Cuota IVA | Total IVA | IVA | I.V.A. | Cuota | Impuesto",
    "it": "Totale IVA | di cui IVA | IVA | Imposta",
    "nl": "Totaal btw | Btw-bedrag | Bedrag btw | Waarvan btw | BTW",
    "pt": "Total IVA | Valor do IVA | Valor IVA | IVA | Imposto",
    "pl": "Suma PTU | Kwota PTU | PTU | Kwota VAT | VAT",
    "sv": "Momsbelopp | Varav moms | Moms",
    "da": "Momsbeløb | Heraf moms | Moms",
}

CURRENCY: Final = {
    "en": "Currency | Currency code | Amounts in",
    "de": "Währung | Beträge in",
    "fr": "Devise | Monnaie",
    "es": "Moneda | Divisa",
    "it": "Valuta | Divisa",
    "nl": "Valuta | Munt",
    "pt": "Moeda | Divisa",
    "pl": "Waluta",
    "sv": "Valuta",
    "da": "Valuta",
}

PAYMENT_METHOD: Final = {
    "en": "Payment method | Method of payment | Payment type | Payment mode | Mode of payment"
    " | Paid by | Paid with | Payment by | Tender type | Tender | Card type | Payment",
    "de": "Zahlungsart | Zahlart | Zahlungsmittel | Zahlungsweise | Zahlungsmethode | Bezahlt mit"
    " | Gegeben | Zahlung",
    "fr": "Mode de paiement | Mode de règlement | Moyen de paiement | Réglé par | Payé par"
    " | Règlement | Paiement",
    "es": "Forma de pago | Método de pago | Medio de pago | Tipo de pago | Pagado con | Pago",
    "it": "Modalità di pagamento | Metodo di pagamento | Tipo pagamento | Pagamento contante"
    " | Pagamento elettronico | Pagamento",
    "nl": "Betaalwijze | Betaalmethode | Betaalmiddel | Betalingswijze | Betaald met | Betaling",
    "pt": "Forma de pagamento | Modo de pagamento | Meio de pagamento | Método de pagamento"
    " | Pagamento",
    "pl": "Forma płatności | Sposób płatności | Sposób zapłaty | Płatność | Zapłacono",
    "sv": "Betalningssätt | Betalsätt | Betalt med | Betalning",
    "da": "Betalingsmetode | Betalingsmåde | Betalt med | Betaling",
}

LINE_ITEMS: Final = {
    "en": "Items | Item list | Purchases",
    "de": "Artikel | Positionen",
    "fr": "Articles",
    "es": "Artículos",
    "it": "Articoli",
    "nl": "Artikelen",
    "pt": "Artigos | Itens",
    "pl": "Towary | Pozycje",
    "sv": "Artiklar | Varor",
    "da": "Varer",
}

LINE_TOTAL: Final = {
    "en": "Amount | Line total | Total price | Total amount | Total | Price | Value | Subtotal",
    "de": "Betrag | Gesamtpreis | Gesamt | Summe | Preis | Total",
    "fr": "Montant | Montant TTC | Prix total | Total TTC | Total | Prix",
    "es": "Importe | Precio total | Total | Precio",
    "it": "Importo | Prezzo totale | Totale | Prezzo",
    "nl": "Bedrag | Totaalprijs | Totaal | Prijs",
    "pt": "Valor | Montante | Preço total | Total | Preço",
    "pl": "Wartość | Kwota | Razem | Cena",
    "sv": "Belopp | Summa | Totalt | Pris",
    "da": "Beløb | Pris i alt | I alt | Pris",
}
