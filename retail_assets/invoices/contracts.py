"""What the ledger calls the drops of this flow, for the name of a source mapping."""

FOLDER = "invoices"
DOCUMENT, DOCUMENT_VERSION = "invoice-document", "1"
MAIL, MAIL_VERSION = "invoice-mail", "1"
