{{ staging('refund_manifests') }}
