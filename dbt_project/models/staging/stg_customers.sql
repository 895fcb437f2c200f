{{ staging('customers') }}
