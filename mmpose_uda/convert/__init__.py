"""A stock mmpose config becomes that of an adaptation."""
