def cash_section() -> str:
    return ""
