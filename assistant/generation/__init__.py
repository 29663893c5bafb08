"""Answers written by a language model that the user named, held to the sources.

Question + hits -> prompt -> a reply, read as it streams -> sentences, each tied to the words it rests on and checked. Nothing in here is
imported unless a model was named.
"""
