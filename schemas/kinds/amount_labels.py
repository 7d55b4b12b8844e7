"""The words invoices print beside their sums and over their tables, by language.

The most telling stand first. No two fields of one table share a label; words for a net sum
stand under `SUBTOTAL`, never under `TOTAL`.
"""

from __future__ import annotations

from typing import Final

SUBTOTAL: Final = {
    "en": "Subtotal | Sub-total | Sub total | Net total | Total net | Net amount | Net value"
    " | Total excl. VAT | Total excluding VAT | Total ex VAT | Total (excl. VAT)"
    " | Total excl. tax | Total excluding tax | Total excl. GST | Total before tax"
    " | Total before VAT | Amount before tax | Taxable amount | Taxable value | Goods total | Net",
    "de": "Nettobetrag | Zwischensumme | Nettosumme | Summe netto | Gesamt netto | Total netto"
    " | Gesamtbetrag netto | Gesamtsumme netto | Rechnungsbetrag netto | Nettogesamtbetrag"
    " | Gesamtnettobetrag | Nettogesamt | Gesamtpreis netto | Betrag netto | Nettowert"
    " | Warenwert | Summe ohne MwSt. | Summe exkl. MwSt. | Total exkl. MWST"
    " | Summe der Positionen | Netto",
    "fr": "Total HT | Montant HT | Montant total HT | Total H.T. | Sous-total | Sous total"
    " | Sous-total HT | Total hors taxes | Montant hors taxes | Total net HT | Net HT"
    " | Total hors TVA | Total HTVA | Montant HTVA | Base HT",
    "es": "Base imponible | Total base imponible | Subtotal | Importe neto | Total neto"
    " | Total sin IVA | Importe base | Base | Neto | Suma",
    "it": "Imponibile | Totale imponibile | Subtotale | Sub totale | Totale netto"
    " | Importo netto | Totale merce | Totale senza IVA | Base imponibile | Netto",
    "nl": "Totaal excl. btw | Totaal exclusief btw | Totaal ex btw | Subtotaal | Sub-totaal"
    " | Totaalbedrag excl. btw | Bedrag excl. btw | Totaal netto | Nettobedrag | Netto bedrag"
    " | Totaal excl. | Netto",
    "pt": "Subtotal | Total líquido | Total sem IVA | Valor sem IVA | Valor líquido"
    " | Total ilíquido | Base tributável",
    "pl": "Razem netto | Wartość netto | Suma netto | Kwota netto | Netto",
    "sv": "Nettobelopp | Summa exkl. moms | Total exkl. moms | Belopp före moms | Delsumma"
    " | Exkl. moms | Netto",
    "da": "Subtotal | I alt ekskl. moms | Total ekskl. moms | Beløb ekskl. moms | Nettobeløb"
    " | Netto",
}

TAX: Final = {
    "en": "Total VAT | VAT total | VAT amount | Total tax | Tax total | Tax amount | Sales tax"
    " | Total GST | GST amount | Value added tax | VAT | GST | HST | Tax",
    "de": "MwSt.-Betrag | USt.-Betrag | Steuerbetrag | Summe MwSt. | Gesamt MwSt. | MwSt. gesamt"
    " | Mehrwertsteuerbetrag | zzgl. MwSt. | zzgl. USt. | zzgl. Mehrwertsteuer"
    " | zzgl. Umsatzsteuer | enthaltene MwSt. | davon MwSt. | Mehrwertsteuer | Umsatzsteuer"
    " | MwSt. | USt. | MWST | Steuer",
    "fr": "Total TVA | Montant TVA | Montant de la TVA | Montant total TVA | TVA totale"
    " | Dont TVA | Total taxes | TVA | T.V.A. | Taxes | Taxe",
    "es": "Cuota IVA | Cuota de IVA | Importe IVA | Total IVA | Total impuestos | IVA | I.V.A."
    " | IGIC | Cuota | Impuestos | Impuesto",
    "it": "Totale IVA | Tot. IVA | Importo IVA | Totale imposta | Totale imposte | Imposta"
    " | Imposte | IVA | I.V.A.",
    "nl": "Totaal btw | Btw-bedrag | BTW bedrag | Bedrag btw | Omzetbelasting | BTW | B.T.W.",
    "pt": "Total IVA | Total de IVA | Valor do IVA | Valor IVA | Total impostos | IVA | Imposto",
    "pl": "Kwota VAT | Razem VAT | Podatek VAT | VAT | Podatek",
    "sv": "Momsbelopp | Summa moms | Varav moms | Moms",
    "da": "Momsbeløb | Moms i alt | Heraf moms | Moms",
}

TOTAL: Final = {
    "en": "Grand total | Invoice total | Total incl. VAT | Total including VAT | Total inc VAT"
    " | Total (incl. VAT) | Total incl. tax | Total including tax | Total incl. GST"
    " | Total invoice amount | Invoice amount | Total amount | Gross total | Total gross"
    " | Gross amount | Total due | Total amount due | Total payable | Total to pay"
    " | Amount payable | Amount to pay | Total price | Total",
    "de": "Rechnungsbetrag | Gesamtbetrag | Bruttobetrag | Endbetrag | Rechnungsendbetrag"
    " | Rechnungssumme | Rechnungsgesamtbetrag | Gesamtsumme | Gesamt brutto"
    " | Gesamtbetrag brutto | Rechnungsbetrag brutto | Summe brutto | Bruttosumme"
    " | Gesamtbetrag inkl. MwSt. | Gesamt inkl. MwSt. | Summe inkl. MwSt. | Total inkl. MwSt."
    " | Total inkl. MWST | Endsumme | Rechnungstotal | Zu zahlender Betrag"
    " | Zu zahlen | Gesamtpreis | Gesamt | Summe | Brutto | Total",
    "fr": "Total TTC | Montant TTC | Montant total TTC | Total T.T.C. | Total TVAC"
    " | Total toutes taxes comprises | Montant de la facture | Total facture | Total général"
    " | Montant total | Total à payer | Montant à payer | À payer"
    " | TTC | Total",
    "es": "Total factura | Importe total | Importe total factura | Total con IVA"
    " | Total IVA incluido | Total (IVA incluido) | Importe factura | Total general"
    " | Monto total | Total a pagar | Importe a pagar | A pagar | Total",
    "it": "Totale fattura | Tot. fattura | Totale documento | Tot. documento | Importo totale"
    " | Totale complessivo | Totale IVA inclusa | Totale ivato | Totale generale"
    " | Totale da pagare | Totale a pagare | Importo da pagare | Totale dovuto | Totale",
    "nl": "Totaal incl. btw | Totaal inclusief btw | Totaalbedrag incl. btw | Bedrag incl. btw"
    " | Factuurbedrag | Factuurtotaal | Totaal factuur | Totaalbedrag | Eindtotaal | Eindbedrag"
    " | Totaal te betalen | Te betalen bedrag | Te betalen | Te voldoen | Totaal incl. | Totaal",
    "pt": "Total da fatura | Total do documento | Total documento | Total com IVA | Valor total"
    " | Montante total | Total geral | Total a pagar | Valor a pagar | A pagar | Total",
    "pl": "Razem do zapłaty | Do zapłaty | Kwota do zapłaty | Razem brutto | Wartość brutto"
    " | Suma brutto | Kwota brutto | Należność ogółem | Ogółem | Razem",
    "sv": "Summa att betala | Att betala | Belopp att betala | Fakturabelopp | Fakturasumma"
    " | Summa inkl. moms | Total inkl. moms | Totalbelopp | Totalsumma | Slutsumma | Totalt"
    " | Summa",
    "da": "I alt at betale | At betale | Til betaling | I alt inkl. moms | Total inkl. moms"
    " | Fakturabeløb | Beløb i alt | I alt | Total",
}

AMOUNT_DUE: Final = {
    "en": "Amount due | Balance due | Net amount due | Outstanding balance | Outstanding amount"
    " | Amount outstanding | Remaining balance | Balance to pay | Balance payable"
    " | Amount owing | Balance owing | Open balance | Pay this amount | Please pay | Balance",
    "de": "Zahlbetrag | Zahlungsbetrag | Offener Betrag | Restbetrag | Noch zu zahlen"
    " | Fälliger Betrag | Restzahlung | Offener Rechnungsbetrag | Offener Saldo"
    " | Verbleibender Betrag | Restsumme | Saldo",
    "fr": "Net à payer | Net à payer TTC | Reste à payer | Solde dû | Solde à payer"
    " | Solde restant dû | Restant dû | Reste dû | Montant dû | Somme due | Total dû | Solde",
    "es": "Importe pendiente | Pendiente de pago | Saldo pendiente | Importe adeudado"
    " | Cantidad adeudada | Resto a pagar | Pendiente | Saldo",
    "it": "Netto a pagare | Saldo dovuto | Importo dovuto | Importo residuo | Residuo da pagare"
    " | Saldo a pagare | Residuo | Saldo",
    "nl": "Openstaand bedrag | Nog te betalen | Openstaand saldo | Verschuldigd bedrag"
    " | Resterend bedrag | Restbedrag | Openstaand | Saldo",
    "pt": "Valor em dívida | Montante em dívida | Saldo devedor | Valor pendente | Em dívida"
    " | Saldo",
    "pl": "Pozostało do zapłaty | Pozostaje do zapłaty | Do dopłaty | Saldo",
    "sv": "Kvar att betala | Återstår att betala | Återstående belopp | Saldo",
    "da": "Restbeløb | Skyldigt beløb | Udestående beløb | Saldo",
}

TAXES: Final = {
    "en": "VAT summary | VAT breakdown | VAT analysis | VAT details | Tax summary"
    " | Tax breakdown | Tax details",
    "de": "Steuerübersicht | Steueraufstellung | MwSt.-Übersicht | MwSt.-Aufstellung"
    " | USt.-Aufschlüsselung",
    "fr": "Détail TVA | Détail de la TVA | Récapitulatif TVA | Ventilation TVA"
    " | Ventilation de la TVA",
    "es": "Desglose de IVA | Desglose IVA | Resumen de impuestos | Detalle de impuestos",
    "it": "Riepilogo IVA | Riepilogo aliquote | Riepilogo imposte | Castelletto IVA",
    "nl": "Btw-overzicht | Btw-specificatie | BTW specificatie",
    "pt": "Resumo do IVA | Quadro resumo do IVA | Resumo de impostos",
    "pl": "Zestawienie VAT | Podsumowanie VAT | W tym",
    "sv": "Momsspecifikation",
    "da": "Momsspecifikation | Momsoversigt",
}

RATE: Final = {
    "en": "VAT rate | Tax rate | GST rate | VAT % | Tax % | GST % | Rate | %",
    "de": "MwSt.-Satz | USt.-Satz | Steuersatz | MwSt. % | USt. % | MwSt.-% | % MwSt. | Satz",
    "fr": "Taux TVA | Taux de TVA | % TVA | TVA % | Tx TVA | Taux",
    "es": "Tipo IVA | Tipo de IVA | Tipo impositivo | % IVA | IVA % | Tipo",
    "it": "Aliquota IVA | Aliq. IVA | Aliquota | Aliq. | % IVA | IVA %",
    "nl": "Btw-tarief | Btw-percentage | BTW % | % BTW | Tarief",
    "pt": "Taxa de IVA | Taxa IVA | % IVA | IVA % | Taxa",
    "pl": "Stawka VAT | VAT % | Stawka",
    "sv": "Momssats | Moms %",
    "da": "Momssats | Moms %",
}

TAX_BASE: Final = {
    "en": "Taxable amount | Taxable base | Tax base | VAT base | Net amount | Amount excl. VAT"
    " | Goods | Net",
    "de": "Bemessungsgrundlage | Steuerbasis | Nettobetrag | Nettowert | Warenwert | Basis | Netto",
    "fr": "Base HT | Base TVA | Base imposable | Montant HT | Total HT | Base",
    "es": "Base imponible | Base IVA | Base",
    "it": "Imponibile | Base imponibile | Importo imponibile",
    "nl": "Btw-grondslag | Grondslag | Maatstaf van heffing | Bedrag excl. btw | Basis | Over",
    "pt": "Base de incidência | Incidência | Base tributável | Valor líquido | Base",
    "pl": "Wartość netto | Podstawa | Netto",
    "sv": "Momsunderlag | Underlag | Netto",
    "da": "Momsgrundlag | Momspligtigt beløb | Grundlag",
}

TAX_AMOUNT: Final = {
    "en": "VAT amount | Tax amount | GST amount | VAT | GST | Tax | Amount",
    "de": "Steuerbetrag | MwSt.-Betrag | USt.-Betrag | Mehrwertsteuer | MwSt. | USt. | Steuer"
    " | Betrag",
    "fr": "Montant TVA | Montant de la TVA | TVA | Montant",
    "es": "Cuota IVA | Importe IVA | Cuota | IVA",
    "it": "Imposta | Imposte | Importo IVA | IVA",
    "nl": "Btw-bedrag | Bedrag btw | BTW | Bedrag",
    "pt": "Valor do IVA | Valor IVA | Total IVA | Imposto | IVA",
    "pl": "Kwota VAT | Podatek | VAT",
    "sv": "Momsbelopp | Moms",
    "da": "Momsbeløb | Moms",
}

LINE_ITEMS: Final = {
    "en": "Line items | Items | Invoice details | Services | Products | Charges",
    "de": "Positionen | Rechnungspositionen | Leistungen",
    "fr": "Détail de la facture | Prestations | Articles",
    "es": "Conceptos | Líneas de factura | Artículos",
    "it": "Dettaglio | Prestazioni | Articoli | Beni e servizi",
    "nl": "Factuurregels | Regels | Artikelen | Specificatie",
    "pt": "Artigos | Itens | Produtos e serviços",
    "pl": "Pozycje | Towary i usługi",
    "sv": "Specifikation | Artiklar",
    "da": "Varer | Specifikation",
}

LINE_DESCRIPTION: Final = {
    "en": "Description | Item description | Product description | Description of goods"
    " | Description of services | Item | Item name | Product | Product name | Article | Service"
    " | Particulars | Details | Activity | Task | Goods | Name",
    "de": "Bezeichnung | Beschreibung | Artikelbezeichnung | Artikelbeschreibung | Artikel"
    " | Leistung | Leistungsbeschreibung | Produkt | Produktbezeichnung | Warenbezeichnung"
    " | Dienstleistung | Ware | Text",
    "fr": "Désignation | Description | Libellé | Dénomination | Intitulé | Article | Produit"
    " | Prestation | Détail | Nature",
    "es": "Descripción | Concepto | Descripción del producto | Artículo | Producto | Servicio"
    " | Denominación | Detalle",
    "it": "Descrizione | Descrizione articolo | Descrizione dei beni | Articolo | Prodotto"
    " | Servizio | Prestazione | Denominazione",
    "nl": "Omschrijving | Artikelomschrijving | Productomschrijving | Beschrijving | Artikel"
    " | Product | Dienst | Werkzaamheden",
    "pt": "Descrição | Designação | Discriminação | Artigo | Produto | Serviço",
    "pl": "Nazwa towaru lub usługi | Nazwa towaru / usługi | Nazwa towaru | Nazwa usługi | Nazwa"
    " | Opis | Towar | Usługa",
    "sv": "Beskrivning | Benämning | Artikel | Produkt | Tjänst",
    "da": "Beskrivelse | Varebeskrivelse | Varenavn | Vare | Ydelse | Tekst",
}

QUANTITY: Final = {
    "en": "Quantity | Qty | Qty. | Quant. | Hrs/Qty | Qty/Hrs | Hours | Hrs | Units | Pcs",
    "de": "Menge | Anzahl | Anz. | Stück | Stk. | Stückzahl | Stunden | Std.",
    "fr": "Quantité | Qté | Qté. | Qte | Quant. | Nombre | Nbre | Nb | Heures",
    "es": "Cantidad | Cant. | Cdad. | Unidades | Uds. | Horas",
    "it": "Quantità | Q.tà | Qtà | Q.ta | Qta | Quant. | Ore",
    "nl": "Aantal | Hoeveelheid | Aant. | Stuks | Uren",
    "pt": "Quantidade | Qtd. | Qtd | Qtde. | Quant.",
    "pl": "Ilość | Liczba",
    "sv": "Antal | Kvantitet | Ant.",
    "da": "Antal | Mængde | Ant.",
}

UNIT: Final = {
    "en": "Unit | Unit of measure | UOM | U/M",
    "de": "Einheit | Einh. | Mengeneinheit | ME",
    "fr": "Unité | Unité de mesure | U.",
    "es": "Unidad | Unidad de medida | Ud. | U.M.",
    "it": "U.M. | UM | Unità di misura | Unità | Un. mis.",
    "nl": "Eenheid | Eenh.",
    "pt": "Unidade | Unid. | Un.",
    "pl": "J.m. | Jm. | Jednostka | Jedn.",
    "sv": "Enhet | Enh.",
    "da": "Enhed | Enh.",
}

UNIT_PRICE: Final = {
    "en": "Unit price | Price per unit | Price/unit | Price each | Unit cost | Unit rate"
    " | Net unit price | Unit net price | Item price | Net price | Hourly rate | Each | Price"
    " | Rate | Cost",
    "de": "Einzelpreis | Einzelpreis netto | Nettopreis | Stückpreis | Einheitspreis"
    " | Preis/Einheit | Preis pro Einheit | Preis je Einheit | Netto-Einzelpreis | E-Preis | EP"
    " | Stundensatz"
    " | Einzel | Preis | Ansatz",
    "fr": "Prix unitaire HT | Prix unitaire | P.U. HT | PU HT | P.U.H.T. | P.U. | PU"
    " | Prix unit. HT | Prix unit. | Prix unitaire net | Taux horaire | Tarif | Prix",
    "es": "Precio unitario | Precio unit. | P. unitario | P. unit. | P.U. | Precio/ud."
    " | Precio ud. | Precio neto | Tarifa | Precio",
    "it": "Prezzo unitario | Prezzo unit. | P. unitario | Pr. unitario | P.U. | Prezzo netto"
    " | Tariffa | Prezzo",
    "nl": "Eenheidsprijs | Stukprijs | Stuksprijs | Prijs per stuk | Prijs per eenheid"
    " | Prijs p/st | Prijs excl. btw | Uurtarief | Prijs",
    "pt": "Preço unitário | Preço unit. | Pr. unitário | P. unit. | Valor unitário | Preço",
    "pl": "Cena jednostkowa netto | Cena jednostkowa | Cena jedn. netto | Cena jedn. | Cena netto"
    " | Cena",
    "sv": "À-pris | A-pris | Enhetspris | Styckpris | Pris/enhet | Pris",
    "da": "Enhedspris | Stykpris | Stk. pris | Pris pr. stk. | Pris",
}

LINE_TAX_RATE: Final = {
    "en": "VAT rate | Tax rate | GST rate | VAT % | Tax % | GST % | VAT | GST | Tax",
    "de": "MwSt.-Satz | USt.-Satz | Steuersatz | MwSt. % | USt. % | MwSt.-% | % MwSt. | MwSt."
    " | USt. | MWST | Steuer",
    "fr": "Taux TVA | Taux de TVA | % TVA | TVA % | Tx TVA | TVA | T.V.A.",
    "es": "Tipo IVA | Tipo de IVA | % IVA | IVA % | IVA | I.V.A.",
    "it": "Aliquota IVA | Aliq. IVA | Aliquota | Aliq. | % IVA | IVA % | IVA",
    "nl": "Btw-tarief | Btw-percentage | BTW % | % BTW | BTW",
    "pt": "Taxa de IVA | Taxa IVA | % IVA | IVA % | Taxa | IVA",
    "pl": "Stawka VAT | VAT % | Stawka | VAT",
    "sv": "Momssats | Moms % | Moms",
    "da": "Momssats | Moms % | Moms",
}

LINE_TOTAL: Final = {
    "en": "Line total | Line amount | Extended price | Ext. price | Extended amount | Net amount"
    " | Total price | Total amount | Total net | Net value | Amount | Total | Subtotal | Value",
    "de": "Gesamtpreis | Gesamtpreis netto | Positionsbetrag | Positionssumme | Preis gesamt"
    " | G-Preis | GP | Gesamtbetrag | Gesamt netto | Nettobetrag | Betrag netto | Gesamt | Betrag"
    " | Summe | Netto | Total | Wert",
    "fr": "Montant HT | Total HT | Total net HT | Prix total HT | Prix total | Total ligne"
    " | Montant net | Total H.T. | Montant | Total",
    "es": "Importe | Importe neto | Importe total | Precio total | Total neto | Subtotal | Total",
    "it": "Importo | Importo netto | Importo totale | Prezzo totale | Totale riga | Imponibile"
    " | Totale",
    "nl": "Bedrag | Bedrag excl. btw | Regeltotaal | Totaalprijs | Prijs totaal | Totaal excl. btw"
    " | Totaalbedrag | Nettobedrag | Subtotaal | Totaal",
    "pt": "Total linha | Total líquido | Preço total | Valor total | Montante | Valor | Total",
    "pl": "Wartość netto | Wartość brutto | Wartość | Kwota | Razem",
    "sv": "Radsumma | Radbelopp | Belopp | Summa | Totalt | Total",
    "da": "Linjetotal | Linjebeløb | Pris i alt | Beløb | I alt | Total",
}
