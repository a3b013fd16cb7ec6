"""The Adaptive Sparse Transformer (AST), an encoder-decoder for image restoration.

Zhou, Chen, Pan, Shi and Yang, "Adapt or Perish: Adaptive Sparse Transformer with Attentive Feature Refinement for Image
Restoration", CVPR 2024, pp. 2952-2963,
https://openaccess.thecvf.com/content/CVPR2024/html/Zhou_Adapt_or_Perish_Adaptive_Sparse_Transformer_with_Attentive_Feature_Refinement_CVPR_2024_paper.html

Read it in this order: `spec` (the numbers of each variant), `ast_model` (the whole network), `assa` and `frfn` (the paper's two
designs), then what these are made of: `layers`, `windows`, `padding`, `compiled_ops`, `step_rng`. `build` makes a network.

Where the paper and the authors' code differ, this code follows the authors' code, because published weights come from it.
"""
