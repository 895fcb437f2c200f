{{ staging('stores') }}
