"""Images: from folders and files to arrays.

layouts     which files a folder has, and what its folders mean
folders     the pictures of a folder as an array
pictures    a picture as pixels of one form
resizing    a picture of another size
vision      all that torchvision is needed for
"""
