{{ staging('suppliers') }}
