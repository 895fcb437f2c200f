{{ staging('return_cases') }}
