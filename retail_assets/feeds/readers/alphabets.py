"""Letters beyond ASCII by language, the commonest first: what a text in an unknown encoding would be made of."""

LATIN = {
    "French": "éèàêçâîôùûëïœæÿ",
    "German": "üäöß",
    "Spanish": "óíáñéúü",
    "Portuguese": "ãçáéóíêõâúàô",
    "Italian": "àèòùéì",
    "Catalan": "àéóèíçòúïü",
    "Dutch": "ëéïèöü",
    "Swedish": "äåöé",
    "Danish": "øåæé",
    "Finnish": "äöå",
    "Icelandic": "áíðóæúöþéý",
    "Czech": "íáéýěřčžšůúťďňó",
    "Slovak": "áíéčýžšúľťňôďóäĺŕ",
    "Polish": "łęóążśćńź",
    "Hungarian": "áéöőíóüúű",
    "Romanian": "ăîâţşțș",
    "Croatian": "čšžćđ",
    "Turkish": "ışüğöçİâ",
    "Lithuanian": "ėšųžąįčūę",
    "Latvian": "āīēšļņžūčģķ",
    "Estonian": "äõüöšž",
}
OTHER = {
    "Greek": "αοιετσνηυρπκμλωίςόάγέήδύχθφβώξζψϊΐϋΰ",
    "Russian": "оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъё",
    "Ukrainian": "оаиінтервсклдмпузяьбгйчїхцжєшюфщґ",
    "Bulgarian": "аеиотнрсвлкдпмзубягъчцйжхшющфь",
    "Serbian": "аиоенрстујвкдпмлзбгчцхшњжљћђфџ",
    "Hebrew": "יוהלאתמרבשנםעדקחכפסטצגןךזץף",
    "Arabic": "اليمنورتبةعدسفهكقأحجشطصخضثذزغئءىإؤظآپچ",
}
"""Languages whose words have no letters of ASCII."""
REGIONS = (
    ("French", "German", "Spanish", "Portuguese", "Italian", "Catalan", "Dutch", "Swedish", "Danish", "Finnish"),
    ("Czech", "Slovak", "Polish", "Hungarian", "Romanian", "Croatian", "German"),
    ("Lithuanian", "Latvian", "Estonian", "Polish", "German", "Finnish"),
)  # fmt: skip
"""Neighbours, whose names and goods occur in each other's texts."""
USUAL_SYMBOLS = "€£°’–“”„«»²½\u00a0"
SYMBOLS = "¥§³¼¾‚‘—…•®©™ºª¿¡×·µ‰±\u00ad´†"
"""What stands in texts of any language."""

HANGUL = (
    "이다는에의가을한고도로지사기하리시인자나대어그수은일서부정라보해장아들년제상주전여구조비원스으오세성를마공국소방유선신동"
    "연문안무위치트만생물과습건화드행모양실개경식업중용품운체내회관금발강터남미파란타커피잔목욕탁죽녹차셔츠색크린백팬컵병박통"
)
"""Common Korean syllables; the standards hold thousands that hardly occur."""
