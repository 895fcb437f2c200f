{{ staging('decisions') }}
