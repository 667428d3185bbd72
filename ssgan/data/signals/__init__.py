"""Signals: sounds and series.

recordings      sounds and series from files
lengths         signals of one length
spectrograms    signals as pictures
"""
