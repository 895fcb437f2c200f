"""placeholder"""
import json, pickle
from dataclasses import replace
from pathlib import Path
from ml.documents.reading import pdf
from ml.documents.reading.limits import LIMITS
def page_sets(folder, x, cache):
    f=folder/x['file']
    if f.suffix in('.jpg','.png'):
        p=cache/(f.stem+'.pkl')
        if not p.exists(): return
        page=pickle.loads(p.read_bytes())
        yield [replace(page,other=())]
        if page.other: yield [replace(page,words=page.other,other=(),engine='rapidocr')]
        return
    d=pdf.open_pdf(f.read_bytes(),LIMITS)
    pages=[pdf.text_page(d,i,LIMITS) for i in range(len(d))]
    if any(p.words for p in pages): yield [p for p in pages if p.words]
    if x['set']=='kozlowski':
        for k in('clean',):
            p=cache/(f.stem+'.'+k+'.pkl')
            if p.exists(): yield [pickle.loads(p.read_bytes())]
