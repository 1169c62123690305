"""The core: contacts, compliance, Genesys, ledger, webhooks, proof. It never imports Prefect."""

__version__ = "0.2.0"
