"""Sheets, cell formats and charts of a workbook."""
