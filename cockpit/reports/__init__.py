"""Reports: a month, a week or a day of a community as PDF and XLSX (docs/reports.md)."""
