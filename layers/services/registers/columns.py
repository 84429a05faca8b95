"""Columns of a register's file beside those of its fields."""

from store.language import Word, marked

NUMBER = Word(marked("编号"), "Number")
VERSION = Word(marked("版本"), "Version")
STATE = Word(marked("状态"), "State")
HEADS = frozenset({*NUMBER, *VERSION, *STATE})
