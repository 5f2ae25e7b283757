from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "dimo.ledger"
    label = "ledger"
