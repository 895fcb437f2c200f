{# Generated from what the flows declare, by `make dictionary`; do not edit. #}
{% macro constant(name) %}
{{ return({
    "currency_digits": {
        "0": [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF"
        ],
        "3": [
            "BHD",
            "IQD",
            "JOD",
            "KWD",
            "LYD",
            "OMR",
            "TND"
        ],
        "4": [
            "CLF",
            "UYW"
        ]
    },
    "invoice_corrected_amounts": [
        "net",
        "allowances",
        "charges",
        "tax",
        "total",
        "prepaid",
        "amount_due",
        "discount_percent"
    ],
    "invoice_corrected_dates": [
        "date",
        "due_date",
        "discount_date"
    ],
    "invoice_corrected_texts": [
        "vendor",
        "vendor_tax_id",
        "buyer",
        "number",
        "order_number",
        "currency",
        "iban",
        "document_type"
    ],
    "invoice_states": {
        "confirmed": "confirmed",
        "failed": "failed",
        "preview": "preview",
        "processing": "processing",
        "received": "received",
        "rejected": "rejected"
    },
    "order_decisions": [
        "approve_order",
        "cut_order",
        "reject_order"
    ],
    "proposal": {
        "approved": "approved",
        "cut": "cut",
        "placed": "placed",
        "proposed": "proposed",
        "rejected": "rejected"
    },
    "return_evidence_kinds": [
        "evidence",
        "response"
    ],
    "return_final_statuses": [
        "approved",
        "rejected"
    ],
    "return_first": {
        "priority": "medium",
        "status": "submitted"
    },
    "return_may": {
        "assigned": {
            "admin": "any",
            "ops": "any"
        },
        "created": {
            "admin": "any",
            "customer": "own"
        },
        "escalated": {
            "admin": "any",
            "ops": "any"
        },
        "evidence": {
            "admin": "any",
            "customer": "own",
            "ops": "any"
        },
        "note_added": {
            "admin": "any",
            "ops": "any"
        },
        "priority_changed": {
            "admin": "any",
            "ops": "any"
        },
        "response": {
            "admin": "any",
            "merchant": "own",
            "ops": "any"
        },
        "risk_scored": {
            "admin": "any",
            "ops": "any"
        },
        "status_changed": {
            "admin": "any",
            "ops": "any"
        }
    },
    "return_name_characters": 200,
    "return_priorities": [
        "low",
        "medium",
        "high",
        "urgent"
    ],
    "return_sla_hours": {
        "high": [
            24,
            72
        ],
        "low": [
            72,
            240
        ],
        "medium": [
            48,
            120
        ],
        "urgent": [
            8,
            24
        ]
    },
    "return_statuses": [
        "submitted",
        "in_review",
        "waiting_customer",
        "waiting_merchant",
        "approved",
        "rejected"
    ],
    "return_transitions": {
        "approved": [],
        "in_review": [
            "waiting_customer",
            "waiting_merchant",
            "approved",
            "rejected"
        ],
        "rejected": [],
        "submitted": [
            "in_review",
            "waiting_customer",
            "waiting_merchant",
            "approved",
            "rejected"
        ],
        "waiting_customer": [
            "in_review",
            "approved",
            "rejected"
        ],
        "waiting_merchant": [
            "in_review",
            "approved",
            "rejected"
        ]
    },
    "sending": {
        "booked": "booked",
        "forgotten": "forgotten",
        "taken_back": "taken_back",
        "to_send": "to_send"
    },
    "transfer_decisions": [
        "approve_transfer",
        "reject_transfer"
    ]
}[name]) }}
{% endmacro %}
