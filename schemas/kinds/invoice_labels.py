"""The words invoices print beside their values, by language, the most telling first.

No two fields of one table share a label: it stands under the one it mostly means. Words for a
net sum stand under `SUBTOTAL`, never under `TOTAL`.
"""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "en": "Invoice | Tax invoice | VAT invoice | Sales invoice | Commercial invoice | Bill"
    " | Credit note | Credit memo | Proforma invoice | Pro forma invoice",
    "de": "Rechnung | Gutschrift | Rechnungskorrektur | Stornorechnung | Abschlagsrechnung"
    " | Teilrechnung | Schlussrechnung | Proforma-Rechnung | Faktura",
    "fr": "Facture | Avoir | Facture d'avoir | Note de crédit | Facture d'acompte"
    " | Facture proforma",
    "es": "Factura | Factura rectificativa | Nota de crédito | Abono | Factura proforma",
    "it": "Fattura | Nota di credito | Fattura accompagnatoria | Fattura differita"
    " | Fattura proforma | Parcella",
    "nl": "Factuur | Creditnota | Creditfactuur | Proformafactuur | Nota",
    "pt": "Fatura | Fatura-recibo | Nota de crédito | Nota fiscal",
    "pl": "Faktura | Faktura VAT | Faktura korygująca | Faktura pro forma",
    "sv": "Faktura | Kreditfaktura",
    "da": "Faktura | Kreditnota",
}

INVOICE_NUMBER: Final = {
    "en": "Invoice number | Invoice no. | Invoice # | Invoice nr. | Invoice num. | Inv. no. | Inv #"
    " | Invoice ID | Tax invoice number | Tax invoice no. | Bill number | Bill no."
    " | Credit note number | Credit note no. | Invoice reference | Document number"
    " | Document no. | Invoice",
    "de": "Rechnungsnummer | Rechnungs-Nr. | Rechnungsnr. | Rechnung Nr. | Rechnungs-Nummer"
    " | Rechn.-Nr. | RE-Nr. | Rg.-Nr. | RgNr. | R.-Nr. | Rechnung # | Belegnummer | Beleg-Nr."
    " | Belegnr. | Fakturanummer | Faktura-Nr. | Gutschriftsnummer | Gutschrift-Nr."
    " | Gutschrift Nr. | Rechnung",
    "fr": "Numéro de facture | N° de facture | N° facture | Facture n° | Facture numéro"
    " | No de facture | No facture | Réf. facture | Référence facture | N° de pièce"
    " | Numéro de pièce | Avoir n° | Facture",
    "es": "Número de factura | Nº de factura | N.º de factura | Nº factura | Factura nº"
    " | Factura n.º | Factura número | Núm. factura | Núm. de factura | Factura no."
    " | No. de factura | Factura # | Factura",
    "it": "Numero fattura | N. fattura | Nr. fattura | N° fattura | Fattura n. | Fattura nr."
    " | Fattura n° | Fattura numero | Numero documento | Nr. documento | N. documento"
    " | Num. documento | Fattura",
    "nl": "Factuurnummer | Factuurnr. | Factuur nr. | Factuur-nr. | Factuur nummer | Factuurno."
    " | Fact. nr. | Notanummer | Creditnotanummer | Factuur",
    "pt": "Número da fatura | N.º da fatura | Nº da fatura | Fatura n.º | Fatura nº"
    " | Factura n.º | Nota fiscal nº | Número da nota fiscal | Nº da nota | Fatura",
    "pl": "Numer faktury | Nr faktury | Faktura nr | Faktura VAT nr | Faktura numer"
    " | Nr dokumentu | Faktura",
    "sv": "Fakturanummer | Fakturanr. | Faktura nr.",
    "da": "Fakturanummer | Fakturanr. | Faktura nr. | Kreditnotanr.",
}

INVOICE_DATE: Final = {
    "en": "Invoice date | Date of invoice | Inv. date | Date of issue | Issue date | Date issued"
    " | Issued on | Issued | Billing date | Bill date | Document date | Tax date | Tax point"
    " | Dated | Date",
    "de": "Rechnungsdatum | Rechnungs-Datum | Rechnung vom | Datum der Rechnung | Rg.-Datum"
    " | RE-Datum | Ausstellungsdatum | Ausgestellt am | Belegdatum | Gutschriftsdatum | Datum",
    "fr": "Date de facture | Date facture | Date de la facture | Date de facturation"
    " | Date d'émission | Émise le | Facturé le | Date du document | En date du | Date",
    "es": "Fecha de factura | Fecha factura | Fecha de la factura | Fecha de emisión"
    " | Fecha emisión | Fecha de expedición | Fecha del documento | Fecha",
    "it": "Data fattura | Data della fattura | Data emissione | Data di emissione"
    " | Data documento | Emessa il | Data",
    "nl": "Factuurdatum | Datum factuur | Notadatum | Uitgiftedatum | Datum",
    "pt": "Data da fatura | Data da factura | Data de emissão | Data emissão"
    " | Data do documento | Data",
    "pl": "Data wystawienia | Data faktury | Wystawiono dnia | Wystawiono w dniu | Data",
    "sv": "Fakturadatum | Datum",
    "da": "Fakturadato | Dato",
}

DUE_DATE: Final = {
    "en": "Due date | Payment due date | Payment due | Invoice due date | Date due | Due by"
    " | Due on | Pay by | Please pay by | Payable by | Payment deadline | Due",
    "de": "Fälligkeitsdatum | Fällig am | Fälligkeit | Fällig zum | Zahlbar bis"
    " | Zahlbar bis spätestens | Zu zahlen bis | Zahlung bis | Zahlungsziel | Zahlungsfrist"
    " | Fällig",
    "fr": "Date d'échéance | Date échéance | Échéance | Échéance le | Date limite de paiement"
    " | À payer avant le | À régler avant le | Payable avant le | À payer le",
    "es": "Fecha de vencimiento | Fecha vencimiento | F. vencimiento | Vencimiento | Vence el"
    " | Vto. | Fecha límite de pago | Pagar antes del",
    "it": "Data di scadenza | Data scadenza | Scadenza | Scadenza pagamento | Scad."
    " | Da pagare entro | Pagamento entro",
    "nl": "Vervaldatum | Vervaldag | Te betalen voor | Te betalen vóór | Betalen voor"
    " | Uiterste betaaldatum | Uiterlijk te betalen",
    "pt": "Data de vencimento | Data vencimento | Vencimento | Pagar até | Pagamento até"
    " | Data limite de pagamento",
    "pl": "Termin płatności | Data płatności | Termin zapłaty | Płatne do",
    "sv": "Förfallodatum | Förfallodag | Betalas senast | Oss tillhanda senast",
    "da": "Forfaldsdato | Betales senest | Sidste rettidige betaling | Betalingsfrist",
}

SELLER_NAME: Final = {
    "en": "Seller | Vendor | Supplier | Issued by | Issuer | Sold by | Bill from | Billed by"
    " | Service provider | Provider | Remit to | Payee | Beneficiary | Company name | Company"
    " | From",
    "de": "Verkäufer | Rechnungssteller | Rechnungsaussteller | Aussteller | Lieferant"
    " | Leistungserbringer | Zahlungsempfänger | Absender | Von",
    "fr": "Vendeur | Fournisseur | Émetteur | Émis par | Prestataire | Bénéficiaire | Expéditeur",
    "es": "Vendedor | Proveedor | Emisor | Emitido por | Datos del emisor | Beneficiario",
    "it": "Venditore | Fornitore | Cedente/prestatore | Cedente | Prestatore | Emittente"
    " | Mittente | Beneficiario",
    "nl": "Verkoper | Leverancier | Opdrachtnemer | Begunstigde | Afzender | Van",
    "pt": "Vendedor | Fornecedor | Emitente | Emissor | Prestador de serviços | Prestador"
    " | Beneficiário",
    "pl": "Sprzedawca | Wystawca | Dostawca",
    "sv": "Säljare | Leverantör | Betalningsmottagare | Avsändare",
    "da": "Sælger | Leverandør | Afsender",
}

SELLER_ADDRESS: Final = {
    "en": "Seller address | Vendor address | Supplier address | Company address"
    " | Registered office | Registered address | Head office | Business address"
    " | Remittance address | Our address",
    "de": "Anschrift des Verkäufers | Anschrift des Lieferanten | Absenderadresse"
    " | Firmenanschrift | Firmensitz | Sitz der Gesellschaft | Geschäftsadresse | Hausanschrift",
    "fr": "Adresse du vendeur | Adresse du fournisseur | Adresse de l'émetteur"
    " | Adresse du prestataire | Siège social | Adresse du siège",
    "es": "Dirección del vendedor | Dirección del proveedor | Domicilio del emisor"
    " | Domicilio social | Domicilio fiscal | Sede social",
    "it": "Indirizzo del fornitore | Indirizzo del venditore | Sede legale | Sede operativa"
    " | Sede amministrativa | Sede",
    "nl": "Adres verkoper | Adres leverancier | Vestigingsadres | Bezoekadres | Hoofdkantoor"
    " | Postadres",
    "pt": "Morada do vendedor | Endereço do fornecedor | Morada do emitente"
    " | Endereço do emitente | Sede",
    "pl": "Adres sprzedawcy | Adres wystawcy | Siedziba",
    "sv": "Säljarens adress | Leverantörens adress",
    "da": "Sælgers adresse | Leverandørens adresse",
}

SELLER_VAT_ID: Final = {
    "en": "VAT number | VAT no. | VAT ID | VAT ID no. | VAT reg. no. | VAT registration number"
    " | VAT registration no. | VAT identification number | VAT reg. | VAT # | Our VAT number"
    " | Seller VAT ID | Supplier VAT number | GST number | GST no. | GST reg. no."
    " | GST registration number | GST registration no. | GSTIN | ABN | Tax ID | Tax number"
    " | Tax reg. no. | Tax registration number | Federal tax ID | TIN | EIN",
    "de": "USt-IdNr. | USt.-IdNr. | USt-ID-Nr. | USt.-ID-Nr. | USt-Id.-Nr. | USt-ID | USt.-ID"
    " | USt-ID-Nummer | UID-Nr. | UID-Nummer | UID | Umsatzsteuer-ID | Umsatzsteuer-IdNr."
    " | Umsatzsteuer-Identifikationsnummer | Unsere USt-IdNr. | MWST-Nr. | MwSt-Nummer",
    "fr": "N° TVA intracommunautaire | N° de TVA intracommunautaire"
    " | Numéro de TVA intracommunautaire | TVA intracommunautaire | N° TVA intracom."
    " | TVA intracom. | N° TVA intra | TVA intra. | N° TVA | N° de TVA | Numéro de TVA | No TVA"
    " | N° d'identification TVA | Identifiant TVA",
    "es": "NIF/CIF | CIF/NIF | NIF | CIF | N.I.F. | C.I.F. | NIF-IVA | Número de IVA | N.º IVA"
    " | CUIT | RUC | NIT | RFC",
    "it": "Partita IVA | P. IVA | P.IVA | Partita I.V.A. | Part. IVA | P.I."
    " | Partita IVA / Codice fiscale | P. IVA / C.F. | P. IVA e C.F. | C.F. e P. IVA",
    "nl": "BTW-nummer | BTW-nr. | BTW nr. | BTW nummer | Btw-id | BTW-identificatienummer"
    " | Ondernemingsnummer",
    "pt": "NIF | NIPC | N.º de contribuinte | Contribuinte n.º | Nº contribuinte"
    " | Número de contribuinte | CNPJ",
    "pl": "NIP | Numer NIP | NIP sprzedawcy",
    "sv": "Momsreg.nr. | Momsregistreringsnummer | Momsreg. nr. | VAT-nr.",
    "da": "CVR-nr. | CVR-nummer | CVR nr. | CVR | Momsnr. | SE-nr.",
}

BUYER_NAME: Final = {
    "en": "Bill to | Billed to | Invoice to | Invoiced to | Issued to | Sold to | Charge to"
    " | Buyer | Purchaser | Customer | Customer name | Client | Client name | Billing name"
    " | Recipient | To",
    "de": "Rechnungsempfänger | Rechnung an | Leistungsempfänger | Käufer | Kunde | Kundenname"
    " | Auftraggeber | Besteller | Abnehmer | Empfänger | An",
    "fr": "Facturé à | Facturer à | Client | Nom du client | Acheteur | Destinataire | Adressé à"
    " | Donneur d'ordre | À l'attention de | Doit",
    "es": "Facturar a | Facturado a | Cliente | Nombre del cliente | Datos del cliente"
    " | Comprador | Adquirente | Destinatario | Receptor | A la atención de",
    "it": "Fatturato a | Fatturare a | Cliente | Intestatario | Spett.le | Spettabile"
    " | Cessionario/committente | Cessionario | Committente | Acquirente | Destinatario",
    "nl": "Factuur aan | Gefactureerd aan | Klant | Klantnaam | Naam klant | Koper | Afnemer"
    " | Debiteur | Opdrachtgever | T.a.v. | Aan",
    "pt": "Faturar a | Faturado a | Cliente | Nome do cliente | Comprador | Adquirente"
    " | Destinatário | Tomador | Exmo.(s) Sr.(s) | Exmos. Senhores",
    "pl": "Nabywca | Kupujący | Odbiorca | Zamawiający | Klient",
    "sv": "Faktureras till | Fakturamottagare | Köpare | Kund | Mottagare",
    "da": "Faktureres til | Faktura til | Køber | Kunde | Modtager",
}

BUYER_ADDRESS: Final = {
    "en": "Billing address | Bill to address | Invoice address | Customer address"
    " | Client address | Buyer address",
    "de": "Rechnungsadresse | Rechnungsanschrift | Kundenadresse | Kundenanschrift"
    " | Adresse des Kunden | Anschrift des Kunden",
    "fr": "Adresse de facturation | Adresse du client | Adresse client | Adresse de l'acheteur",
    "es": "Dirección de facturación | Dirección del cliente | Domicilio del cliente",
    "it": "Indirizzo di fatturazione | Indirizzo del cliente | Indirizzo cliente",
    "nl": "Factuuradres | Adres klant | Klantadres",
    "pt": "Morada de faturação | Morada do cliente | Endereço de cobrança | Endereço do cliente",
    "pl": "Adres nabywcy | Adres odbiorcy",
    "sv": "Fakturaadress | Faktureringsadress",
    "da": "Faktureringsadresse | Fakturaadresse | Kundeadresse",
}

BUYER_VAT_ID: Final = {
    "en": "Customer VAT number | Customer VAT no. | Customer VAT ID | Customer VAT"
    " | Client VAT number | Buyer VAT ID | Your VAT number | Your VAT no. | Your VAT ID"
    " | Customer tax ID | Buyer tax ID | Customer GSTIN | Buyer GSTIN",
    "de": "USt-IdNr. des Kunden | USt-IdNr. Kunde | USt-IdNr. des Leistungsempfängers"
    " | USt-IdNr. Käufer | Kunden-USt-IdNr. | USt-ID Kunde | UID Kunde | Ihre USt-IdNr."
    " | Ihre USt-ID | Ihre UID-Nr. | Ihre UID",
    "fr": "N° TVA client | N° de TVA client | N° de TVA du client | TVA client"
    " | N° TVA intracommunautaire client | N° TVA acheteur | Votre N° TVA | Votre numéro de TVA",
    "es": "NIF cliente | NIF del cliente | CIF cliente | CIF del cliente | NIF/CIF cliente"
    " | NIF del comprador",
    "it": "Partita IVA cliente | P. IVA cliente | P.IVA cliente | Partita IVA del cliente",
    "nl": "BTW-nummer klant | Btw-nr. klant | BTW-nummer afnemer | Uw btw-nummer | Uw btw-nr.",
    "pt": "NIF do cliente | NIF cliente | Contribuinte do cliente | V/ N.º contribuinte",
    "pl": "NIP nabywcy",
    "sv": "Kundens momsreg.nr. | Ert momsreg.nr.",
    "da": "Kundens CVR-nr. | Jeres CVR-nr.",
}

CURRENCY: Final = {
    "en": "Currency | Currency code | Invoice currency | All amounts in | Amounts in",
    "de": "Währung | Rechnungswährung | Alle Beträge in | Beträge in",
    "fr": "Devise | Monnaie | Devise de facturation | Montants en | Montants exprimés en",
    "es": "Moneda | Divisa | Importes en",
    "it": "Valuta | Divisa | Importi in",
    "nl": "Valuta | Munteenheid | Munt | Bedragen in",
    "pt": "Moeda | Divisa",
    "pl": "Waluta",
    "sv": "Valuta",
    "da": "Valuta",
}

IBAN: Final = {
    "en": "IBAN | IBAN number | IBAN no. | IBAN code",
    "de": "IBAN | IBAN-Nr.",
    "fr": "IBAN | Code IBAN",
    "es": "IBAN | Código IBAN | Cuenta IBAN | Cuenta bancaria | Nº de cuenta",
    "it": "IBAN | Codice IBAN | Cod. IBAN | Coordinate bancarie",
    "nl": "IBAN | IBAN-nummer | Bankrekeningnummer | Bankrekening | Rekeningnummer",
    "pt": "IBAN",
    "pl": "IBAN | Nr konta | Numer konta | Nr rachunku | Numer rachunku | Rachunek bankowy",
    "sv": "IBAN",
    "da": "IBAN | IBAN-nr.",
}
