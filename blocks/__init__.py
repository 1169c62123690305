"""With what: stored settings and secrets, and the objects they open.

A block is stored configuration and one way to open what it describes. No HTTP, no retries, no logging here;
secrets are unwrapped in one line, at the moment of use. `prefect block register -m blocks` registers these.
"""

from blocks.genesys import GenesysCredentials
from blocks.ledger import ContactLedger
from blocks.senders import Senders
from blocks.webhook import CrmWebhook

__all__ = ["ContactLedger", "CrmWebhook", "GenesysCredentials", "Senders"]
