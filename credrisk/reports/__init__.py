"""What people look at: charts, workbook, HTML report."""
