"""Words that stand in exports where a value was to be, and are none."""

_ERRORS = """
    #N/A #NV #N/D #N/B #N/D! #I/T #SAKNAS! #SAKNAS #PUUTTUU! #NENÍ_K_DISPOZICI #NEDOSTUPNÝ #HIÁNYZIK #YOK #Н/Д #Н/Д!
    #VALUE! #WERT! #VALEUR! #¡VALOR! #VALOR! #VALORE! #WAARDE! #ARG! #VÆRDI! #VERDI! #VÄRDEFEL! #ARVO! #HODNOTA!
    #ÉRTÉK! #DEĞER! #ЗНАЧ! #ΤΙΜΗ!
    #REF! #BEZUG! #¡REF! #RIF! #VERW! #ADR! #REFERENCE! #REFERENS! #VIITTAUS! #ODKAZ! #HIV! #BAŞV! #ССЫЛКА! #ΑΝΑΦ!
    #DIV/0! #¡DIV/0! #DEEL/0! #DZIEL/0! #DIVISION/0! #JAKO/0! #DĚLENÍ_NULOU! #DELENIE_NULOU! #ZÉRÓOSZTÓ! #SAYI/0!
    #ДЕЛ/0! #ΔΙΑΙΡ./0!
    #NAME? #NOM? #¿NOMBRE? #NOME? #NAAM? #NAZWA? #NAVN? #NAMN? #NIMI? #NÁZEV? #NÁZOV? #NÉV? #AD? #ИМЯ? #ΟΝΟΜΑ?
    #NUM! #ZAHL! #NOMBRE! #¡NUM! #NÚM! #GETAL! #LICZBA! #OGILTIGT! #LUKU! #ČÍSLO! #SZÁM! #SAYI! #ЧИСЛО! #ΑΡΙΘ!
    #NULL! #NUL! #¡NULO! #NULO! #NULLO! #LEEG! #ZERO! #SKÄRNING! #TYHJÄ! #NULLA! #BOŞ! #ПУСТО! #ΚΕΝΟ!
    #SPILL! #ÜBERLAUF! #PROPAGATION! #CALC! #KALK! #CALCUL! #GETTING_DATA #FIELD! #FELD! #BLOCKED! #UNKNOWN!
    #CONNECT! #BUSY! #EXTERNAL! #PYTHON! #TIMEOUT! #ERROR!
"""
ERROR_VALUES = tuple(_ERRORS.split())
"""The errors of a spreadsheet's formulas, as its languages write them (#NV and #WERT! are German). A workbook itself
stores the English ones; texts exported from it have those of the language that it was shown in."""

NO_IDS = (
    *("nan", "nat", "none", "null", "undefined"),
    *("inf", "-inf", "infinity", "-infinity", "true", "false"),
)
"""What programs write for a missing value, and values that are no texts at all, in small letters: none of them names
anything."""
