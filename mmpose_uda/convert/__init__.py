"""Turn a stock mmpose config into the config of an adaptation."""
