"""Sheets of a search, from the blocks that the workbook of a grid is made of."""
