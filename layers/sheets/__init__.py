"""Tables of spreadsheets: `out` writes what is exported, `read` reads what people send.

Both agree on what a cell is (`cells`): what was written is read as it was. A workbook is somebody's archive of XML,
so a process of its own opens it (`task`, with `workbook`, `worksheet` and `values`); a CSV is plain text
(`delimited`). What the rows must be to make a table stands in `sheet`, for both.
"""
