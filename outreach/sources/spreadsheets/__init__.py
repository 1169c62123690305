"""Workbooks: .xlsx read row by row from its XML, .ods too, .xls by xlrd.

No library for .xlsx tells an error from an empty cell, or says which rows a filter hides, which formulas
nobody computed and which cells are merged, in bounded memory; so a small reader of our own does.
"""
