"""The spec language: text -> located values -> items -> graph."""
