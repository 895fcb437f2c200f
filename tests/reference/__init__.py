"""What the marts should hold, worked out from the dropped rows in plain Python, after the data dictionary's words.

It shares no code with the platform and none of its ways: no SQL, no increments, no dataframes, one row after the other.
A mart and its reference agree, or one of them is wrong.
"""
