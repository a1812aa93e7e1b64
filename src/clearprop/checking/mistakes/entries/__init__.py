"""The words for every mistake, table by table."""
